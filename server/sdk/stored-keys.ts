import type { JsonObject } from "./json";
import type { RawJsonLike, ResponseData } from "./outcome";

/** The last state of one stored key, relative to its mount's data. `value` undefined: it was deleted. */
export interface StoredState {
  readonly key: string;
  readonly value: Buffer | undefined;
}

/** A request that makes a state again, within the mount. */
export interface ReplayRequest {
  readonly operation: "update" | "delete";
  /** Relative to the mount's path. */
  readonly path: string;
  /** JSON text. */
  readonly body: Buffer;
  /** Where the mount keeps no versions: the write takes the place of what is there. */
  readonly overwrites: boolean;
}

/**
 * What the stored keys of a mount mean to users of its API: for reports about writes that one cluster alone had. Pure; told
 * apart by the mount's options alone, because the mount itself may be gone.
 */
export interface StoredKeys {
  /** The API path that a user writes the key by, relative to the mount; undefined: an index or the like. */
  pathOf(key: string): string | undefined;
  /** What the states of one path amount to, as the API would answer it; undefined: nothing that it answers. */
  read?(path: string, states: readonly StoredState[], nowMilliseconds: number): ResponseData | RawJsonLike | undefined;
  /** How to make it again; a string says why that cannot be. Left out: never. */
  replay?(path: string, states: readonly StoredState[], nowMilliseconds: number): ReplayRequest | string;
  /** Which of the type's `primaryCalls` takes back again what the removal of this key took back. */
  revocationBy?(key: string): { readonly call: string; readonly payload: JsonObject } | undefined;
}
