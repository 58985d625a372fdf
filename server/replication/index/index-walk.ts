import { CORE_MOUNT_ID, mountDataPrefix, mountEntryKey, mountIdOfKey } from "../../sdk/key-layout";
import type { IndexElement, LoggedClass } from "../../sdk/log";
import type { MultisetHasher } from "./multiset-hash";

/** Ciphertexts of one class in the order of their keys. */
export type CiphertextScan = (
  keyClass: LoggedClass,
  prefix: string,
  after: string | undefined,
  limit: number,
) => Promise<readonly { readonly key: string; readonly value: Buffer }[]>;

export interface ElementWalk {
  readonly class: LoggedClass;
  readonly mountId: string;
  readonly leaves: ReadonlySet<number>;
  readonly after: string | undefined;
  readonly limit: number;
}

/** The elements in the leaves asked for among the next `limit` keys of the mount; `next` undefined: that was all. */
export async function walkElements(
  hasher: MultisetHasher,
  scan: CiphertextScan,
  walk: ElementWalk,
): Promise<{ readonly elements: readonly IndexElement[]; readonly next: string | undefined }> {
  const prefix = prefixToWalk(walk);
  const pairs = prefix === undefined ? [] : await scan(walk.class, prefix.prefix, prefix.after, walk.limit);
  const elements = pairs
    .filter((pair) => mountIdOfKey(pair.key) === walk.mountId)
    .map(({ key, value }) => ({ key, leaf: hasher.leafOf(key), value }))
    .filter(({ leaf }) => walk.leaves.has(leaf))
    .map(({ key, leaf, value }) => ({ key, leaf, hash: hasher.element(walk.class, walk.mountId, key, value) }));
  return { elements, next: nextStart(walk, prefix?.prefix, pairs) };
}

/** A mount's keys are its data first, then its entry (`data/` sorts before `mounts/`); the rest is under `core/`. */
function prefixToWalk(walk: ElementWalk): { prefix: string; after: string | undefined } | undefined {
  if (walk.mountId === CORE_MOUNT_ID) return { prefix: "core/", after: walk.after };
  const data = mountDataPrefix(walk.mountId);
  if (walk.after === undefined || walk.after.startsWith(data)) {
    // `data/<id>/` itself is no key: it stands for "the data is done" in `after`.
    if (walk.after !== data) return { prefix: data, after: walk.after };
    return { prefix: mountEntryKey(walk.mountId), after: undefined };
  }
  return undefined;
}

function nextStart(
  walk: ElementWalk,
  prefix: string | undefined,
  pairs: readonly { readonly key: string }[],
): string | undefined {
  if (prefix === undefined) return undefined;
  if (pairs.length === walk.limit) return pairs[pairs.length - 1]?.key;
  return walk.mountId !== CORE_MOUNT_ID && prefix === mountDataPrefix(walk.mountId) ? prefix : undefined;
}
