import type { ErrorCode } from "./errors";

/**
 * The log seam. Every write to a cluster is one storage commit, and that commit appends one entry to the cluster's log;
 * caches, standbys, performance and DR secondaries all follow the log.
 */

/** Who gets a key: `replicated` performance and DR secondaries, `local` only DR secondaries of this cluster, `node` nobody. */
export type KeyClass = "replicated" | "local" | "node";

/** Classes that the log carries. */
export type LoggedClass = Exclude<KeyClass, "node">;

/** Grows at each promotion; `clusterId` is the promoted cluster, so two promotions from one epoch differ. */
export interface Epoch {
  readonly number: number;
  readonly clusterId: string;
}

/** One epoch of a set, and where it began. */
export interface LineageStep {
  readonly epoch: Epoch;
  /** Index in the log of the cluster that was promoted. */
  readonly startIndex: number;
  /** The last that the promoted cluster holds of its predecessor; left out where it followed nobody. */
  readonly after?: Origin;
}

/** Epochs that one replication set has gone through, oldest first. */
export type Lineage = readonly LineageStep[];

/** One change of one key. The value is the barrier's ciphertext; undefined deletes the key. */
export interface LogOperation {
  readonly class: LoggedClass;
  /** Id of the mount the key belongs to, or `core` for what belongs to no mount. Filters work on it. */
  readonly mountId: string;
  readonly key: string;
  readonly value: Buffer | undefined;
}

/** Change of the keyed multiset hash of one (class, mount): 32 bytes, added modulo 2^256. */
export interface IndexDelta {
  readonly class: LoggedClass;
  readonly mountId: string;
  readonly delta: Buffer;
}

export type ReplicationMode = "performance" | "dr";

/** Where an entry was first written. On the cluster that wrote it itself, `index` equals the entry's own. */
export interface Origin {
  readonly clusterId: string;
  readonly index: number;
}

/** Entry format, version 1. */
export interface LogEntry {
  readonly version: 1;
  /** Position in this cluster's own log, from 1, without gaps. */
  readonly index: number;
  readonly epochs: Readonly<Record<ReplicationMode, Epoch>>;
  readonly origin: Origin;
  readonly operations: readonly LogOperation[];
  readonly indexDelta: readonly IndexDelta[];
  /** Wall clock of the writer, milliseconds since the Unix epoch: for lag in seconds, never for order. */
  readonly writtenAtMilliseconds: number;
}

/** Checksum (sum of all multiset hashes of the class) that a log reached at `index`. 32 bytes each. */
export interface Position {
  readonly index: number;
  readonly checksums: Readonly<Record<LoggedClass, Buffer>>;
}

/** One change as `append` takes it. The mount id follows from the key (key-layout.ts). */
export interface AppendOperation {
  readonly class: KeyClass;
  readonly key: string;
  /** The barrier's ciphertext; undefined deletes the key. */
  readonly value: Buffer | undefined;
  /** The revision that the stored key must have; 0: must not exist. Left out: unconditional. */
  readonly ifRevision?: number | undefined;
}

export interface AppendRequest {
  readonly operations: readonly AppendOperation[];
  /** The epoch that begins with this very entry (promotion, enable). The lineage travels among `operations`. */
  readonly epochs?: Partial<Readonly<Record<ReplicationMode, Epoch>>>;
  /** Sets or (undefined) forgets the cursor of a mode in the same commit. */
  readonly cursors?: Partial<Readonly<Record<ReplicationMode, UpstreamCursor | undefined>>>;
  /** Where a repair has led to: what is held must have the cursor's checksums, or nothing is written. */
  readonly reached?: ReachedCursor;
  /** The write gate is not asked: it holds clients back, never the change of the roles that it follows. */
  readonly passesGate?: boolean;
}

export interface AppendResult {
  /** Index of the entry; the last index where only `node` keys were written (they make no entry). */
  readonly index: number;
}

/** Where a secondary stands in its upstream's log. Persisted in the commit that applied it. */
export interface UpstreamCursor {
  /** The upstream cluster whose numbering `index` belongs to. */
  readonly clusterId: string;
  readonly epoch: Epoch;
  readonly index: number;
  /** Checksums of what the upstream shipped up to `index`, after its filter. Performance mode: `local` is 32 zero bytes. */
  readonly checksums: Readonly<Record<LoggedClass, Buffer>>;
}

/** An entry of the upstream, filtered: operations and deltas of what this secondary does not get are left out. */
export type UpstreamEntry = LogEntry;

export interface UpstreamBatch {
  readonly mode: ReplicationMode;
  /** `cursor(mode)?.index` the batch follows; anything else is refused. */
  readonly followsIndex: number;
  /** Ascending, each above `followsIndex` and at most `cursor.index`; holes are entries that the filter emptied. */
  readonly entries: readonly UpstreamEntry[];
  /** Where this cluster stands once the batch is applied. */
  readonly cursor: UpstreamCursor;
}

/** The end of a repair: what is held from here on is what the upstream held at the cursor, in its epoch. */
export interface ReachedCursor {
  readonly mode: ReplicationMode;
  readonly cursor: UpstreamCursor;
}

/** Brings single keys to the upstream's state. Several follow each other; `AppendRequest.reached` is where they lead to. */
export interface UpstreamRepair {
  readonly mode: ReplicationMode;
  readonly origin: Origin;
  readonly operations: readonly LogOperation[];
}

/** Why a write is refused, with a text for the client. */
export interface WriteRefusal {
  readonly code: ErrorCode;
  readonly publicText: string;
}

/**
 * Asked before an append is taken and again before it is committed (`open`): undefined lets it pass. Asked once more when the
 * commit is durable (`committed`): a refusal then leaves the write as it is and unacknowledged. Never asked for applied entries.
 */
export type WriteGate = (
  classes: ReadonlySet<KeyClass>,
  moment: "open" | "committed",
) => ErrorCode | WriteRefusal | undefined;

/**
 * Entries are handed over after they are durable and before their append resolves, in order, each once. Must not throw.
 * @param revision what the storage gave to all keys that the entries put, those aside that a later one of them put again or
 *   deleted; undefined where it is not known
 */
export type LogListener = (entries: readonly LogEntry[], revision: number | undefined) => void;

export type IncludeMount = (mountId: string) => boolean;

/** A node of the two-level index of one (class, mount): 256 pages of 256 leaves; `number` is 0..255, or 0..65535 for leaves. */
export interface IndexNode {
  readonly number: number;
  /** Sum of the multiset hashes of what lies under it: 32 bytes. Nodes that never held anything are left out. */
  readonly sum: Buffer;
}

export interface IndexElement {
  readonly key: string;
  readonly leaf: number;
  /** Keyed hash of (class, mount, key, ciphertext): 32 bytes. */
  readonly hash: Buffer;
}

/** The index of this cluster, from memory, at `lastIndex()`. */
export interface LogIndex {
  mounts(): readonly { readonly class: LoggedClass; readonly mountId: string; readonly sum: Buffer }[];
  pages(keyClass: LoggedClass, mountId: string): readonly IndexNode[];
  leaves(keyClass: LoggedClass, mountId: string, page: number): readonly IndexNode[];
  /** Walks the keys of one mount and hashes those in the given leaves (numbers 0..65535). `limit` bounds the keys looked at. */
  elements(
    keyClass: LoggedClass,
    mountId: string,
    leaves: ReadonlySet<number>,
    options: { readonly after?: string; readonly limit: number },
  ): Promise<{ readonly elements: readonly IndexElement[]; readonly next: string | undefined }>;
}

/** One stored key as snapshots and repairs ship it. */
export interface ExportedPair {
  readonly class: LoggedClass;
  readonly mountId: string;
  readonly key: string;
  readonly value: Buffer;
}

export interface ExportRequest {
  readonly classes: readonly LoggedClass[];
  readonly includeMount: IncludeMount;
  /** `next` of the chunk before; undefined begins. */
  readonly after: string | undefined;
  readonly limitPairs: number;
  readonly limitBytes: number;
}

export interface ExportChunk {
  readonly pairs: readonly ExportedPair[];
  /** Every entry up to this index is in the chunk; later ones may be. Replay the log from the first chunk's index. */
  readonly readAtIndex: number;
  /** Undefined: that was all. */
  readonly next: string | undefined;
}

/** The one log of this cluster. All numbers are indices of this cluster's own log. */
export interface ClusterLog {
  readonly clusterId: string;
  /** Durable position of all that this cluster holds. */
  position(): Position;
  /** 0: nothing was written yet. */
  lastIndex(): number;
  /** The first entry that `read` can still give: `read(oldestIndex() - 1)`. */
  oldestIndex(): number;
  /** Bytes of entries kept before the oldest are dropped by themselves. */
  readonly retentionBytes: number;
  /** Bytes of entries that are stored now. */
  storedBytes(): number;
  /** Writes that wait for the commit under way to end. */
  waitingAppends(): number;
  /** Epochs that the next entry will be stamped with. */
  epochs(): Readonly<Record<ReplicationMode, Epoch>>;

  /**
   * Writes the operations and their entry in one durable commit. For the barrier; everybody else writes through views.
   * @throws ServerError `write_conflict`, `storage_full`, `corrupt`, `sealed`, or what the write gate answers; LogDivergence
   *   where `reached` is not
   */
  append(request: AppendRequest): Promise<AppendResult>;

  /**
   * Entries after `fromIndex`, following the tail until `signal` aborts (then it ends without an error).
   * @throws LogTruncated when `fromIndex + 1` is no longer stored, RangeError when `fromIndex` lies above `lastIndex()`
   */
  read(fromIndex: number, signal: AbortSignal): AsyncIterable<LogEntry>;
  /** The entries after `fromIndex` that are stored now, at most `limit`, without waiting. Same errors. */
  readBatch(fromIndex: number, limit: number): Promise<readonly LogEntry[]>;

  /** @returns the function that ends the subscription */
  subscribe(listener: LogListener): () => void;

  /** Sum over the mounts that `includeMount` takes, of the classes given, at `lastIndex()`. From memory: 32 bytes. */
  checksumOf(includeMount: IncludeMount, classes: readonly LoggedClass[]): Buffer;
  readonly index: LogIndex;
  /** The stored ciphertexts, in the order asked; undefined where there is none. For repairs. @throws `corrupt` */
  readCiphertexts(keyClass: LoggedClass, keys: readonly string[]): Promise<readonly (Buffer | undefined)[]>;
  exportChunk(request: ExportRequest): Promise<ExportChunk>;

  cursor(mode: ReplicationMode): UpstreamCursor | undefined;
  /**
   * Applies entries of the upstream: data, own entries (one per upstream entry, same origin), index and cursor in one commit.
   * @returns this cluster's last index
   * @throws CursorMismatch, LogDivergence (nothing was written), ServerError `storage_full`, `corrupt`
   */
  applyUpstream(batch: UpstreamBatch): Promise<number>;
  /** @throws LogDivergence for what the mode does not ship, ServerError `storage_full`, `corrupt` */
  applyRepair(repair: UpstreamRepair): Promise<number>;

  /**
   * Makes the index that of the stored keys; nothing is written meanwhile. Secondaries notice and reconcile.
   * @returns how many of its leaves were wrong
   * @throws `corrupt` naming a value that is damaged, `storage_full`
   */
  reindex(): Promise<number>;

  /** Drops entries below `beforeIndex`; the last entry always stays. */
  truncate(beforeIndex: number): Promise<void>;

  /** Resolves once no append that the former gate let pass is under way: `lastIndex()` then counts for the new gate. */
  setWriteGate(gate: WriteGate): Promise<void>;
  /** Waits for the commit under way; everything later fails with `sealed`, iterators end. */
  close(): Promise<void>;
}

/** The log no longer holds what was asked for: a diff or a snapshot is needed. */
export class LogTruncated extends Error {
  constructor(readonly oldestIndex: number) {
    super(`the log begins at ${oldestIndex}`);
    this.name = "LogTruncated";
  }
}

/** The batch does not begin where this cluster's cursor stands. Nothing was written. */
export class CursorMismatch extends Error {
  constructor(
    readonly mode: ReplicationMode,
    readonly expectedIndex: number | undefined,
    readonly actualIndex: number,
  ) {
    super(`${mode} batch follows ${actualIndex}, the cursor stands at ${expectedIndex ?? "none"}`);
    this.name = "CursorMismatch";
  }
}

/** What this cluster holds is not what the upstream says it must hold. Nothing was written: reconcile. */
export class LogDivergence extends Error {
  constructor(
    readonly upstreamIndex: number,
    readonly where: string,
  ) {
    super(`diverged from the upstream at its index ${upstreamIndex}: ${where}`);
    this.name = "LogDivergence";
  }
}
