import { CORE_MOUNT_ID, mountDataPrefix, mountEntryKey, mountIdOfKey } from "../../sdk/key-layout";
import type { IndexElement, LoggedClass } from "../../sdk/log";
import type { MultisetHasher } from "./multiset-hash";

/** The stored keys and ciphertexts of a generation, in the order of their keys. */
export interface StoredElements {
  listKeys(keyClass: LoggedClass, prefix: string, after: string | undefined, limit: number): Promise<readonly string[]>;
  scanCiphertexts(
    keyClass: LoggedClass,
    prefix: string,
    after: string | undefined,
    limit: number,
  ): Promise<readonly StoredElement[]>;
  readCiphertexts(keyClass: LoggedClass, keys: readonly string[]): Promise<readonly (Buffer | undefined)[]>;
}

export interface StoredElement {
  readonly key: string;
  readonly value: Buffer;
}

/** Up to so many leaves asked for (an eighth of all), keys are looked at first and values read for those alone. */
const FEW_LEAVES = 8_192;

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
  stored: StoredElements,
  walk: ElementWalk,
): Promise<{ readonly elements: readonly IndexElement[]; readonly next: string | undefined }> {
  const prefix = prefixToWalk(walk);
  if (prefix === undefined) return { elements: [], next: undefined };
  const look = walk.leaves.size <= FEW_LEAVES ? lookAtKeys : lookAtAll;
  const { found, seen, last } = await look(hasher, stored, walk, prefix);
  const elements = found.map(({ key, leaf, value }) => ({
    key,
    leaf,
    hash: hasher.element(walk.class, walk.mountId, key, value),
  }));
  return { elements, next: nextStart(walk, prefix.prefix, seen, last) };
}

interface Range {
  readonly prefix: string;
  readonly after: string | undefined;
}

interface Looked {
  readonly found: readonly (StoredElement & { readonly leaf: number })[];
  readonly seen: number;
  readonly last: string | undefined;
}

/** Where a diff has few leaves to compare, nearly all of the cost would be values that nobody asks about. */
async function lookAtKeys(
  hasher: MultisetHasher,
  stored: StoredElements,
  walk: ElementWalk,
  { prefix, after }: Range,
): Promise<Looked> {
  const keys = await stored.listKeys(walk.class, prefix, after, walk.limit);
  const wanted = keys
    .filter((key) => mountIdOfKey(key) === walk.mountId)
    .map((key) => ({ key, leaf: hasher.leafOf(key) }))
    .filter(({ leaf }) => walk.leaves.has(leaf));
  const values = await stored.readCiphertexts(
    walk.class,
    wanted.map(({ key }) => key),
  );
  const found = wanted.flatMap(({ key, leaf }, at) => {
    const value = values[at];
    // Deleted in between: as if the walk had come by a moment later.
    return value === undefined ? [] : [{ key, leaf, value }];
  });
  return { found, seen: keys.length, last: keys.at(-1) };
}

async function lookAtAll(
  hasher: MultisetHasher,
  stored: StoredElements,
  walk: ElementWalk,
  { prefix, after }: Range,
): Promise<Looked> {
  const pairs = await stored.scanCiphertexts(walk.class, prefix, after, walk.limit);
  const found = pairs
    .filter((pair) => mountIdOfKey(pair.key) === walk.mountId)
    .map(({ key, value }) => ({ key, leaf: hasher.leafOf(key), value }))
    .filter(({ leaf }) => walk.leaves.has(leaf));
  return { found, seen: pairs.length, last: pairs.at(-1)?.key };
}

/** A mount's keys are its data first, then its entry (`data/` sorts before `mounts/`); the rest is under `core/`. */
function prefixToWalk(walk: ElementWalk): Range | undefined {
  if (walk.mountId === CORE_MOUNT_ID) return { prefix: "core/", after: walk.after };
  const data = mountDataPrefix(walk.mountId);
  if (walk.after === undefined || walk.after.startsWith(data)) {
    // `data/<id>/` itself is no key: it stands for "the data is done" in `after`.
    if (walk.after !== data) return { prefix: data, after: walk.after };
    return { prefix: mountEntryKey(walk.mountId), after: undefined };
  }
  return undefined;
}

function nextStart(walk: ElementWalk, prefix: string, seen: number, last: string | undefined): string | undefined {
  if (seen === walk.limit) return last;
  return walk.mountId !== CORE_MOUNT_ID && prefix === mountDataPrefix(walk.mountId) ? prefix : undefined;
}
