import type { Clock } from "../../sdk/clock";
import { isServerError } from "../../sdk/errors";
import { storageKey } from "../../sdk/key-layout";
import type {
  AppendRequest,
  AppendResult,
  ClusterLog,
  Epoch,
  ExportChunk,
  ExportRequest,
  IncludeMount,
  IndexElement,
  KeyClass,
  LogEntry,
  LoggedClass,
  LogIndex,
  LogListener,
  LogOperation,
  Position,
  ReplicationMode,
  UpstreamBatch,
  UpstreamCursor,
  UpstreamRepair,
  WriteGate,
} from "../../sdk/log";
import type { Logger } from "../../sdk/logger";
import type { Precondition, Storage, StoredValue } from "../../sdk/storage";
import { walkElements } from "../index/index-walk";
import { exportChunk } from "./export";
import type { LogLimits } from "./log-limits";
import { LogReader } from "./log-reader";
import { type LogKeys, LogStore } from "./log-store";
import { LogTrimmer } from "./log-trimmer";
import { LogWriter } from "./log-writer";
import { rebuildIndex } from "./rebuilt-index";
import { RecentEntries } from "./recent-entries";
import { reindex } from "./reindex";
import { decodeCiphertext } from "./stored-ciphertext";
import { UpstreamApply } from "./upstream-apply";

export interface ClusterLogOptions {
  readonly storage: Storage;
  readonly generation: string;
  readonly clusterId: string;
  readonly keys: LogKeys;
  readonly clock: Clock;
  /** Throws when an operation of an upstream cannot be used here. */
  readonly inspect: (operation: LogOperation) => void;
  readonly fence?: () => readonly Precondition[];
  readonly logger: Logger;
  /** @default 256 MiB */
  readonly retentionBytes?: number;
  /** @default 72 hours */
  readonly retentionMilliseconds?: number;
  readonly limits?: LogLimits | undefined;
  /** Entries kept in memory for followers. @default 16 MiB */
  readonly recentBytes?: number;
}

const RETENTION_BYTES = 256 * 1024 * 1024;
const RETENTION_MILLISECONDS = 72 * 3_600_000;
const RECENT_BYTES = 16 * 1024 * 1024;

export interface OpenedLog {
  readonly log: ClusterLog;
  /** For the barrier: beside the log because they lie in the same generation. */
  readonly ciphertexts: StoredCiphertexts;
}

/** Opens the log of a generation; one that holds nothing yet begins at index 0. @throws `corrupt` */
export async function openClusterLog(options: ClusterLogOptions): Promise<OpenedLog> {
  const store = new LogStore(options);
  await load(store, options);
  return { log: new StoredClusterLog(store, options), ciphertexts: new StoredCiphertexts(store) };
}

/** Nobody is kept from what is stored by a damaged index alone. */
async function load(store: LogStore, { fence = () => [], logger }: ClusterLogOptions): Promise<void> {
  const state = await store.readState();
  try {
    store.adopt({ state, ...(await store.readIndex(state)) });
  } catch (error) {
    if (!isServerError(error, "corrupt")) throw error;
    store.adopt({ state, ...(await rebuildIndex(store, state, fence)) });
    logger.log("error", "the index was damaged and was made anew; the values have the sum that the log seals", {
      reason: error.message,
    });
  }
}

class StoredClusterLog implements ClusterLog {
  readonly clusterId: string;
  readonly retentionBytes: number;
  readonly index: LogIndex;
  private readonly writer: LogWriter;
  private readonly reader: LogReader;
  private readonly recent: RecentEntries;
  private readonly upstream: UpstreamApply;
  private readonly listeners = new Set<LogListener>();
  private readonly trimmer: LogTrimmer;

  constructor(
    private readonly store: LogStore,
    options: ClusterLogOptions,
  ) {
    this.clusterId = options.clusterId;
    this.retentionBytes = options.retentionBytes ?? RETENTION_BYTES;
    this.recent = new RecentEntries(options.recentBytes ?? RECENT_BYTES);
    this.reader = new LogReader(store, this.recent);
    this.writer = new LogWriter({
      store,
      fence: options.fence ?? (() => []),
      nowMilliseconds: () => options.clock.nowMilliseconds(),
      publish: (entries, revision) => this.publish(entries, revision),
    });
    this.upstream = new UpstreamApply(store, this.writer, () => options.clock.nowMilliseconds(), options.inspect);
    this.trimmer = new LogTrimmer(store, this.writer, options.clock, {
      bytes: this.retentionBytes,
      milliseconds: options.retentionMilliseconds ?? RETENTION_MILLISECONDS,
    });
    this.index = indexOf(store);
  }

  position(): Position {
    const { replicated, local } = this.store.state.checksums;
    const checksums = { replicated: Buffer.from(replicated), local: Buffer.from(local) };
    return { index: this.store.state.lastIndex, checksums };
  }

  lastIndex(): number {
    return this.store.state.lastIndex;
  }

  oldestIndex(): number {
    return this.store.state.oldestIndex;
  }

  storedBytes(): number {
    return this.store.state.storedBytes;
  }

  waitingAppends(): number {
    return this.writer.waitingAppends;
  }

  epochs(): Readonly<Record<ReplicationMode, Epoch>> {
    return this.store.state.epochs;
  }

  append(request: AppendRequest): Promise<AppendResult> {
    return this.writer.append(request);
  }

  read(fromIndex: number, signal: AbortSignal): AsyncIterable<LogEntry> {
    return this.reader.follow(fromIndex, signal);
  }

  readBatch(fromIndex: number, limit: number): Promise<readonly LogEntry[]> {
    return this.reader.batch(fromIndex, limit);
  }

  subscribe(listener: LogListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  checksumOf(includeMount: IncludeMount, classes: readonly LoggedClass[]): Buffer {
    return this.store.index.checksumOf(includeMount, classes);
  }

  readCiphertexts(keyClass: LoggedClass, keys: readonly string[]): Promise<readonly (Buffer | undefined)[]> {
    return this.store.readCiphertexts(keyClass, keys);
  }

  exportChunk(request: ExportRequest): Promise<ExportChunk> {
    return exportChunk(this.store, request);
  }

  cursor(mode: ReplicationMode): UpstreamCursor | undefined {
    return this.store.state.cursors[mode];
  }

  applyUpstream(batch: UpstreamBatch): Promise<number> {
    return this.writer.runWithMemory(() => this.upstream.batch(batch));
  }

  applyRepair(repair: UpstreamRepair): Promise<number> {
    return this.writer.runWithMemory(() => this.upstream.repair(repair));
  }

  reindex(): Promise<number> {
    return this.writer.runWithMemory(() => reindex(this.store, this.writer));
  }

  truncate(beforeIndex: number): Promise<void> {
    return this.trimmer.trim(({ oldestIndex }) => oldestIndex >= beforeIndex);
  }

  setWriteGate(gate: WriteGate): Promise<void> {
    return this.writer.setGate(gate);
  }

  async close(): Promise<void> {
    await this.writer.close();
    this.reader.close();
    this.recent.clear();
  }

  private publish(entries: readonly LogEntry[], revision: number | undefined): void {
    if (entries.length === 0) return;
    this.recent.push(entries);
    for (const listener of this.listeners) listener(entries, revision);
    this.reader.wake();
    this.trimmer.published();
  }
}

export class StoredCiphertexts {
  constructor(private readonly store: LogStore) {}

  /** @throws `corrupt` naming the key */
  async read(keyClass: KeyClass, key: string): Promise<StoredValue | undefined> {
    const [stored] = await this.store.storage.read([this.store.storageKey(keyClass, key)]);
    if (stored === undefined) return undefined;
    return { value: decodeCiphertext(keyClass, key, stored.value), revision: stored.revision };
  }

  async list(keyClass: KeyClass, prefix: string, after: string | undefined, limit: number): Promise<readonly string[]> {
    const root = storageKey(this.store.generation, keyClass, "");
    const found = await this.store.storage.list(root + prefix, {
      limit,
      ...(after === undefined ? {} : { after: root + after }),
    });
    return found.map((key) => key.slice(root.length));
  }
}

function indexOf(store: LogStore): LogIndex {
  return {
    mounts: () => store.index.mounts(),
    pages: (keyClass, mountId) => store.index.pages(keyClass, mountId),
    leaves: (keyClass, mountId, page) => store.index.leaves(keyClass, mountId, page),
    elements: (
      keyClass,
      mountId,
      leaves,
      { after, limit },
    ): Promise<{ elements: readonly IndexElement[]; next: string | undefined }> =>
      walkElements(store.hasher, store, {
        class: keyClass,
        mountId,
        leaves,
        after,
        limit,
      }),
  };
}
