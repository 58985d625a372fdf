/**
 * The storage seam: bytes under keys, batches that happen whole, durably, or not at all.
 *
 * A storage is untrusted: it is given ciphertext only. It may be embedded (one process) or remote (a distributed engine that
 * several nodes share); nothing here is a callback transaction, because an embedded engine would hold its writer across
 * awaits and a remote one must be able to run the batch again.
 */
export interface Storage {
  readonly capabilities: StorageCapabilities;

  /** The values of the keys, in the order asked, undefined where there is none. All from one moment. */
  read(keys: readonly string[]): Promise<readonly (StoredValue | undefined)[]>;

  /**
   * Full keys that start with `prefix`, in ascending order of their UTF-8 bytes, strictly after `after` where it is given,
   * at most `limit` of them.
   */
  list(prefix: string, options: ListOptions): Promise<readonly string[]>;

  /** Like `list`, with the values. Answers fewer than `limit` only at the end. */
  scan(prefix: string, options: ListOptions): Promise<readonly StoredPair[]>;

  /**
   * Applies the batch atomically. Resolves after the engine has made it durable (synced), never before.
   * @returns the revision that every key of `puts` has now
   * @throws StorageConflict when a precondition does not hold: nothing was written.
   * @throws StorageFull when there is no room: nothing was written, reads go on working.
   */
  commit(batch: CommitBatch): Promise<number>;

  /** Waits for commits under way, then releases files, locks and connections. */
  close(): Promise<void>;
}

/** What differs between engines: documented, read-only, with defaults that suit an engine without limits. */
export interface StorageCapabilities {
  /** Puts and deletes that one commit may hold. Default 10,000. */
  readonly operationsPerCommitMax: number;
  /** Bytes that one value may have. Default 32 MiB. */
  readonly valueBytesMax: number;
  /** UTF-8 bytes that one key may have. Default 1,900. */
  readonly keyBytesMax: number;
  /** Whether other processes' commits can be followed. */
  readonly supportsWatch: boolean;
}

export interface StoredValue {
  readonly value: Buffer;
  /** Changes with every write of the key and never comes back; compare for equality only. Above 0. */
  readonly revision: number;
}

export interface StoredPair extends StoredValue {
  readonly key: string;
}

export interface ListOptions {
  readonly after?: string;
  readonly limit: number;
}

export interface Precondition {
  readonly key: string;
  /** The revision that the key must have; 0: the key must not exist. */
  readonly revision: number;
}

export interface Put {
  readonly key: string;
  readonly value: Buffer;
  /**
   * Bytes in front of `value` in its memory that belong to nobody else. With them the value is given away for good: an engine
   * may keep its own header there and needs no copy. Left out: 0, and the value is the caller's to change after the call.
   */
  readonly headroomBytes?: number;
}

/** What the engines here put in front of a value at most. */
export const HEADROOM_BYTES = 8;

export interface CommitBatch {
  readonly preconditions: readonly Precondition[];
  readonly puts: readonly Put[];
  /** Deleting a key that does not exist is no error. */
  readonly deletes: readonly string[];
}

/** A precondition did not hold; `key` names the first such key. */
export class StorageConflict extends Error {
  constructor(readonly key: string) {
    super(`storage precondition failed for ${key}`);
    this.name = "StorageConflict";
  }
}

/** The engine has no room for the batch. */
export class StorageFull extends Error {
  constructor(readonly where: string) {
    super(`storage is full: ${where}`);
    this.name = "StorageFull";
  }
}
