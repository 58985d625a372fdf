import type { KeyClass } from "./log";

/** A value read through a view, with what a later conditional write compares. */
export interface ViewValue {
  readonly value: Buffer;
  /** For `ifRevision`; compare for equality only. */
  readonly revision: number;
}

/** An unsent write, made by a view and good for `commit` of any view of the same barrier. Opaque. */
export interface WriteOperation {
  readonly kind: "put" | "delete";
}

export interface WriteCondition {
  /** The revision that the key must still have; 0: must not exist. Without it the write is unconditional. */
  readonly ifRevision: number;
}

/** What an acknowledged write gives back. */
export interface CommitReceipt {
  /** Index of the log entry that carries the write; the current last index when only `node` keys were written. */
  readonly index: number;
}

/**
 * A plaintext storage over a part of the barrier's key space, of one class and one mount. It can only be narrowed.
 * Keys are relative to the view, `/` separates segments. Every call fails with code `sealed` once the barrier is sealed.
 */
export interface View {
  readonly class: KeyClass;
  readonly mountId: string;

  /** The value, or undefined. The buffer is shared with the cache: never write into it. @throws `corrupt` naming the key */
  get(key: string): Promise<ViewValue | undefined>;

  /** The cached value if it can be had without waiting: undefined says nothing about existence. For hot read paths. */
  peek(key: string): ViewValue | undefined;

  /** Names directly under `prefix` (folders once, ending in `/`), sorted by bytes, after `after`, at most `limit`. */
  list(prefix: string, options: { readonly after?: string; readonly limit: number }): Promise<readonly string[]>;

  /** All keys under `prefix` at any depth, relative to the view, sorted by bytes. */
  listAll(prefix: string, options: { readonly after?: string; readonly limit: number }): Promise<readonly string[]>;

  put(key: string, value: Buffer, condition?: WriteCondition): WriteOperation;
  delete(key: string, condition?: WriteCondition): WriteOperation;

  /**
   * Writes all operations (of this and other views of the barrier) in one durable commit and one log entry, or none.
   * @throws `write_conflict` when a condition does not hold, `read_only` where this cluster may not write that class,
   *         `storage_full`, `sealed`, `fenced`.
   */
  commit(operations: readonly WriteOperation[]): Promise<CommitReceipt>;

  /** The part of this view under `prefix` (must end in `/`). */
  narrow(prefix: string): View;
}
