import type {
  CommitBatch,
  ListOptions,
  Storage,
  StorageCapabilities,
  StoredPair,
  StoredValue,
} from "../../sdk/storage";
import { StorageConflict, StorageFull } from "../../sdk/storage";
import { capabilitiesDefault, checkBatch, StorageClosed } from "../../sdk/storage-limits";
import { MemoryDisk } from "./disk";
import type { MemoryFaults } from "./faults";

export interface MemoryStorageOptions {
  /** Content to open; it can be opened again after `close` or `crash`. @default a new, empty one */
  readonly disk?: MemoryDisk;
  readonly faults?: MemoryFaults;
  /** @default `capabilitiesDefault` */
  readonly capabilities?: Partial<StorageCapabilities>;
}

/** Opens the reference engine: everything the storage seam asks for, over a map. Nothing outlives the process. */
export async function openMemoryStorage(options: MemoryStorageOptions = {}): Promise<Storage> {
  return new MemoryStorage(options);
}

interface WaitingCommit {
  readonly batch: CommitBatch;
  resolve(revision: number): void;
  reject(error: unknown): void;
}

/** Commits wait in `waiting`, move to `syncing` as one group, and are decided and made visible once the sync is over. */
class MemoryStorage implements Storage {
  readonly capabilities: StorageCapabilities;
  private readonly disk: MemoryDisk;
  private readonly faults: MemoryFaults;
  private waiting: WaitingCommit[] = [];
  private syncing: WaitingCommit[] = [];
  private writer: Promise<void> | undefined;
  private closed = false;

  constructor(options: MemoryStorageOptions) {
    this.capabilities = { ...capabilitiesDefault, ...options.capabilities };
    this.disk = options.disk ?? new MemoryDisk();
    this.faults = options.faults ?? {};
    this.disk.claim(this);
  }

  async read(keys: readonly string[]): Promise<readonly (StoredValue | undefined)[]> {
    this.check("read");
    return keys.map((key) => {
      const stored = this.disk.get(key);
      return stored && { value: this.valueOut(key, stored.value), revision: stored.revision };
    });
  }

  async list(prefix: string, options: ListOptions): Promise<readonly string[]> {
    this.check("list");
    return this.disk.range(prefix, options.after, options.limit).map((pair) => pair.key);
  }

  async scan(prefix: string, options: ListOptions): Promise<readonly StoredPair[]> {
    this.check("scan");
    const pairs = this.disk.range(prefix, options.after, options.limit);
    return pairs.map((pair) => ({ ...pair, value: this.valueOut(pair.key, pair.value) }));
  }

  async commit(batch: CommitBatch): Promise<number> {
    this.check("commit");
    checkBatch(batch, this.capabilities);
    const copy = copyOf(batch);
    return new Promise((resolve, reject) => {
      this.waiting.push({ batch: copy, resolve, reject });
      this.writer ??= this.writeAll();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.writer;
    this.disk.release(this);
  }

  powerFailed(survivors: number): void {
    this.closed = true;
    const lost = [...this.syncing, ...this.waiting];
    this.waiting = [];
    this.syncing = [];
    for (const commit of lost.slice(0, survivors)) this.decide(commit);
    for (const commit of lost) commit.reject(new StorageClosed("power failed"));
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      this.syncing = this.waiting;
      this.waiting = [];
      try {
        await this.faults.sync?.();
      } catch (error) {
        for (const commit of this.syncing) commit.reject(error);
        this.syncing = [];
      }
      for (const commit of this.syncing) settle(commit, this.decide(commit));
      this.syncing = [];
    }
    this.writer = undefined;
  }

  /** Applies the commit and answers its revision, or why it could not. */
  private decide({ batch }: WaitingCommit): number | Error {
    for (const { key, revision } of batch.preconditions) {
      if ((this.disk.get(key)?.revision ?? 0) !== revision) return new StorageConflict(key);
    }
    const capacityBytes = this.faults.capacityBytes?.() ?? Number.POSITIVE_INFINITY;
    const growthBytes = this.disk.growthBytes(batch);
    if (growthBytes > 0 && this.disk.usedBytes + growthBytes > capacityBytes) return new StorageFull("memory");
    return this.disk.apply(batch);
  }

  private check(operation: "read" | "list" | "scan" | "commit"): void {
    if (this.closed) throw new StorageClosed("memory");
    const error = this.faults.fail?.(operation);
    if (error !== undefined) throw error;
  }

  /** A copy, as from a real disk: what the caller does to it changes nothing here. */
  private valueOut(key: string, value: Buffer): Buffer {
    return Buffer.from(this.faults.corrupt?.(key, value) ?? value);
  }
}

function settle(commit: WaitingCommit, outcome: number | Error): void {
  if (typeof outcome === "number") commit.resolve(outcome);
  else commit.reject(outcome);
}

function copyOf(batch: CommitBatch): CommitBatch {
  return {
    preconditions: batch.preconditions.map(({ key, revision }) => ({ key, revision })),
    puts: batch.puts.map(({ key, value }) => ({ key, value: Buffer.from(value) })),
    deletes: [...batch.deletes],
  };
}
