import { crc32 } from "node:zlib";
import {
  type CommitBatch,
  type ListOptions,
  type Storage,
  type StorageCapabilities,
  StorageFull,
} from "../../server/sdk/storage";
import type { MemoryDisk } from "../../server/storage/memory/disk";
import type { MemoryFaults } from "../../server/storage/memory/faults";
import { openMemoryStorage } from "../../server/storage/memory/index";
import type { Owner, Scheduler } from "./scheduler";
import type { SeededRandom } from "./seeded-random";

/** What is wrong with a disk just now. */
export interface DiskTrouble {
  /** Share of calls that fail. */
  errorShare: number;
  /** Share of commits that become durable and yet report an error. */
  ambiguousShare: number;
  full: boolean;
  /** Share of values that are read with one bit changed. */
  flipShare: number;
  /** Values that are read with one bit changed, always the same ones. */
  rot: { readonly share: number; readonly salt: number } | undefined;
  /** Milliseconds that a sync takes at most. */
  syncMilliseconds: number;
}

export const HEALTHY_DISK: DiskTrouble = {
  errorShare: 0,
  ambiguousShare: 0,
  full: false,
  flipShare: 0,
  rot: undefined,
  syncMilliseconds: 3,
};

/** Where a process may be killed: before its commit is durable, or after it, before it learns of that. */
export type CommitMoment = "before" | "after";

export interface SimulatedStorageOptions {
  readonly scheduler: Scheduler;
  readonly owner: Owner;
  readonly random: SeededRandom;
  readonly disk: MemoryDisk;
  trouble(): DiskTrouble;
  /** May kill the process. */
  atCommit(moment: CommitMoment): void;
  /** A commit became durable and its caller is told that it failed. */
  ambiguous(): void;
  /** A value was given out with bits flipped. */
  altered(): void;
  /** A call felt the trouble: by its name in the coverage. */
  felt(effect: string): void;
  /** Something that the seeds of a run should reach: by its name in the coverage. */
  reached(what: string): void;
  /** Planted bug: commits that a crash undoes although they were said to be durable, newest last. */
  readonly undurable: CommitBatch[] | undefined;
}

/** The reference engine with time, errors and death. */
export async function openSimulatedStorage(options: SimulatedStorageOptions): Promise<Storage> {
  return new SimulatedStorage(options, await openMemoryStorage({ disk: options.disk, faults: faultsOf(options) }));
}

function faultsOf(options: SimulatedStorageOptions): MemoryFaults {
  const { scheduler, owner, random, disk, trouble, atCommit, felt, altered } = options;
  return {
    sync: async () => {
      await scheduler.sleep(random.between(0.1, trouble().syncMilliseconds), owner, "sync");
      atCommit("before");
      if (!owner.alive) await never();
    },
    capacityBytes: () => (trouble().full ? disk.usedBytes : Number.POSITIVE_INFINITY),
    fail: (operation) => {
      if (!random.chance(trouble().errorShare)) return undefined;
      felt(operation === "commit" ? "commits failed" : "reads failed");
      return new Error("simulated input/output error");
    },
    corrupt: (key, value) => {
      const { flipShare, rot } = trouble();
      if (flipShare === 0 && rot === undefined) return value;
      const isFlipped = random.chance(flipShare);
      if (!isFlipped && !isRotten(rot, key)) return value;
      altered();
      felt(isFlipped ? "bits flipped in values read" : "rotten values read");
      return flipped(value, random);
    },
  };
}

function isRotten(rot: DiskTrouble["rot"], key: string): boolean {
  return rot !== undefined && (crc32(key, rot.salt) >>> 0) / 2 ** 32 < rot.share;
}

function flipped(value: Buffer, random: SeededRandom): Buffer {
  const changed = Buffer.from(value);
  if (changed.length === 0) return changed;
  const at = random.integerBelow(changed.length);
  changed[at] = (changed[at] ?? 0) ^ (1 << random.integerBelow(8));
  return changed;
}

class SimulatedStorage implements Storage {
  readonly capabilities: StorageCapabilities;

  constructor(
    private readonly options: SimulatedStorageOptions,
    private readonly inner: Storage,
  ) {
    this.capabilities = inner.capabilities;
  }

  read(keys: readonly string[]) {
    return this.answer(() => this.inner.read(keys));
  }

  list(prefix: string, options: ListOptions) {
    return this.answer(() => this.inner.list(prefix, options));
  }

  scan(prefix: string, options: ListOptions) {
    return this.answer(() => this.inner.scan(prefix, options));
  }

  commit(batch: CommitBatch): Promise<number> {
    const { undurable, random, trouble, atCommit, owner, disk, felt, reached } = this.options;
    return this.answer(async () => {
      const undo = undurable === undefined ? undefined : inverseOf(batch, disk);
      const revision = await this.inner.commit(batch).catch((error: unknown) => {
        if (error instanceof StorageFull) felt("commits refused by a full disk");
        throw error;
      });
      if (undo !== undefined) undurable?.push(undo);
      if (batch.puts.some(({ key }) => key.includes("/j/"))) reached("leaves of the index journaled");
      if (batch.deletes.some((key) => key.includes("/j/"))) reached("journal of the index shortened");
      atCommit("after");
      if (!owner.alive || !random.chance(trouble().ambiguousShare)) return revision;
      this.options.ambiguous();
      felt("commits made that said they failed");
      throw new Error("simulated error after a commit");
    });
  }

  close(): Promise<void> {
    return this.answer(() => this.inner.close());
  }

  /** A dead process hears nothing any more, neither answers nor errors. */
  private async answer<Value>(run: () => Promise<Value>): Promise<Value> {
    const { owner, random, scheduler } = this.options;
    if (!owner.alive) return await never();
    try {
      if (random.chance(0.02)) await scheduler.sleep(random.between(0.05, 2), owner, "read");
      const value = await run();
      return owner.alive ? value : await never();
    } catch (error) {
      if (!owner.alive) return await never();
      throw error;
    }
  }
}

export function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** What brings back the values that the batch replaces. */
function inverseOf({ puts, deletes }: CommitBatch, disk: MemoryDisk): CommitBatch {
  const inverse: { puts: { key: string; value: Buffer }[]; deletes: string[] } = { puts: [], deletes: [] };
  for (const key of [...puts.map((put) => put.key), ...deletes]) {
    const before = disk.get(key);
    if (before === undefined) inverse.deletes.push(key);
    else inverse.puts.push({ key, value: before.value });
  }
  return { preconditions: [], ...inverse };
}
