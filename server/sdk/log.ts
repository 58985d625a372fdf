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

/** Epochs that one replication set has gone through, oldest first, with the log index (of the cluster that was promoted) at which each began. */
export type Lineage = readonly { readonly epoch: Epoch; readonly startIndex: number }[];

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
