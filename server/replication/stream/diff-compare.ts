import { compareBytes } from "../../sdk/byte-order";
import { mountDataPrefix } from "../../sdk/key-layout";
import type { ClusterLog, IndexElement, IndexNode, LoggedClass } from "../../sdk/log";
import type { DiffClient } from "./diff-client";
import type { DiffMount, IndexPlace } from "./diff-codec";

/** A key that the two clusters do not hold alike. */
export interface Conflict {
  readonly class: LoggedClass;
  readonly mountId: string;
  readonly key: string;
  /** The primary has it; otherwise it is to be deleted. */
  readonly exists: boolean;
}

/** A (class, mount) whose sums differ. One that is not shipped to us must go, and is not asked about. */
export interface DifferingMount extends IndexPlace {
  readonly isShipped: boolean;
}

/** What is asked of the primary here. */
type Questions = Pick<DiffClient, "pages" | "leaves" | "elements">;

const WALK_KEYS = 8_192;
const PAGES_AT_ONCE = 32;

/** (class, mount) pairs whose sums differ, in the order in which they are to be mended: what everything else needs comes first. */
export function differingMounts(
  log: Pick<ClusterLog, "index">,
  classes: readonly LoggedClass[],
  theirs: readonly DiffMount[],
): readonly DifferingMount[] {
  const open = new Map(theirs.map((mount) => [`${mount.class}/${mount.mountId}`, mount]));
  const differing: DifferingMount[] = [];
  for (const own of log.index.mounts()) {
    if (!classes.includes(own.class)) continue;
    const name = `${own.class}/${own.mountId}`;
    const theirSum = open.get(name)?.sum;
    if (theirSum?.equals(own.sum) !== true) differing.push({ ...own, isShipped: theirSum !== undefined });
    open.delete(name);
  }
  const missing = [...open.values()].map((mount) => ({ ...mount, isShipped: true }));
  return [...differing, ...missing].sort((left, right) => rank(left) - rank(right));
}

function rank({ mountId, class: keyClass }: IndexPlace): number {
  return (mountId === "core" ? 0 : 2) + (keyClass === "replicated" ? 0 : 1);
}

/** Walks one mount of the index down to the keys that differ, in their order. */
export async function* conflictsOf(
  log: Pick<ClusterLog, "index">,
  client: Questions,
  place: DifferingMount,
  sumBytes: number,
): AsyncGenerator<Conflict> {
  if (!place.isShipped) return yield* everythingOf(log, place);
  const leaves = await differingLeaves(log, client, place, sumBytes);
  if (leaves.length === 0) return;
  const wanted = new Set(leaves);
  const ask = (after: string | undefined): ReturnType<Questions["elements"]> => {
    const question = client.elements(place, leaves, after);
    // A connection that is lost while we walk our own part is told where the answer is awaited.
    question.catch(() => undefined);
    return question;
  };
  let asked = ask(undefined);
  try {
    for (let after: string | undefined; ; ) {
      const { elements, next } = await asked;
      // The primary walks on while we walk the same part.
      if (next !== undefined) asked = ask(next);
      const boundary = next === undefined ? undefined : endOf(place, next);
      const own = await ownElements(log, place, wanted, after, boundary);
      yield* compareElements(place, own, elements, sumBytes);
      if (next === undefined) return;
      after = next;
    }
  } finally {
    // Left early: the next question must not get this one's answer.
    await asked.catch(() => undefined);
  }
}

async function* everythingOf(log: Pick<ClusterLog, "index">, place: IndexPlace): AsyncGenerator<Conflict> {
  const pages = log.index.pages(place.class, place.mountId);
  const leaves = pages.flatMap((page) => log.index.leaves(place.class, place.mountId, page.number));
  const wanted = new Set(leaves.map((leaf) => leaf.number));
  for (let after: string | undefined; ; ) {
    const options = after === undefined ? { limit: WALK_KEYS } : { after, limit: WALK_KEYS };
    const { elements, next } = await log.index.elements(place.class, place.mountId, wanted, options);
    yield* compareElements(place, elements, [], 0);
    if (next === undefined) return;
    after = next;
  }
}

async function differingLeaves(
  log: Pick<ClusterLog, "index">,
  client: Questions,
  place: IndexPlace,
  sumBytes: number,
): Promise<readonly number[]> {
  const pages = differing(log.index.pages(place.class, place.mountId), await client.pages(place), sumBytes);
  const leaves: number[] = [];
  for (let at = 0; at < pages.length; at += PAGES_AT_ONCE) {
    const some = pages.slice(at, at + PAGES_AT_ONCE);
    const theirs = await client.leaves(place, some);
    const own = some.flatMap((page) => log.index.leaves(place.class, place.mountId, page));
    leaves.push(...differing(own, theirs, sumBytes));
  }
  return leaves;
}

/** Numbers, ascending, of nodes that are not the same on both sides. */
function differing(own: readonly IndexNode[], theirs: readonly IndexNode[], sumBytes: number): readonly number[] {
  const open = new Map(theirs.map((node) => [node.number, node.sum]));
  const numbers: number[] = [];
  for (const { number, sum } of own) {
    if (open.get(number)?.equals(sum.subarray(0, sumBytes)) !== true) numbers.push(number);
    open.delete(number);
  }
  return [...numbers, ...open.keys()].sort((left, right) => left - right);
}

/** Our elements after `after` up to `boundary`, both as the primary's walk has them. */
async function ownElements(
  log: Pick<ClusterLog, "index">,
  place: IndexPlace,
  leaves: ReadonlySet<number>,
  after: string | undefined,
  boundary: string | undefined,
): Promise<readonly IndexElement[]> {
  const found: IndexElement[] = [];
  const isWithin = (key: string): boolean => boundary === undefined || compareBytes(key, boundary) <= 0;
  for (let from = after; ; ) {
    const options = from === undefined ? { limit: WALK_KEYS } : { after: from, limit: WALK_KEYS };
    const { elements, next } = await log.index.elements(place.class, place.mountId, leaves, options);
    for (const element of elements) if (isWithin(element.key)) found.push(element);
    if (next === undefined || !isWithin(endOf(place, next)) || endOf(place, next) === boundary) return found;
    from = next;
  }
}

/** The last key that a walk which goes on at `next` has passed. The bare data prefix stands for all of the mount's data. */
function endOf(place: IndexPlace, next: string): string {
  const data = mountDataPrefix(place.mountId);
  // "0" is the character after "/": behind all data of the mount, before its entry.
  return next === data ? `${data.slice(0, -1)}0` : next;
}

function* compareElements(
  { class: keyClass, mountId }: IndexPlace,
  own: readonly IndexElement[],
  theirs: readonly IndexElement[],
  sumBytes: number,
): Generator<Conflict> {
  const ours = new Map(own.map((element) => [element.key, element.hash]));
  for (const { key, hash } of theirs) {
    const held = ours.get(key);
    ours.delete(key);
    if (held?.subarray(0, sumBytes).equals(hash) !== true) yield { class: keyClass, mountId, key, exists: true };
  }
  for (const key of ours.keys()) yield { class: keyClass, mountId, key, exists: false };
}
