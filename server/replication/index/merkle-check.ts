import { addChecksum, zeroChecksum } from "../../sdk/checksum";
import { isServerError } from "../../sdk/errors";
import type { LoggedClass, LogIndex } from "../../sdk/log";
import { LEAVES_PER_PAGE } from "./multiset-hash";

/** Leaves of one class whose sum is not that of the stored keys, as page -> leaves within the page (0..255). */
export interface ClassReport {
  readonly class: LoggedClass;
  readonly pages: ReadonlyMap<number, readonly number[]>;
  /** A stored value is damaged, so that its mount could not be walked to the end: what is wrong there, for the log. */
  readonly unreadable: string | undefined;
}

const WALK_KEYS = 1_024;
/** A leaf counts as corrupted when it was wrong in so many walks, unchanged during each: writes go on meanwhile. */
const WALKS = 3;
const ALL_LEAVES: ReadonlySet<number> = new Set(Array.from({ length: LEAVES_PER_PAGE * LEAVES_PER_PAGE }, (_, n) => n));

/** Compares the whole index with the stored keys. Reads everything; holds nobody up. */
export async function checkIndex(index: LogIndex): Promise<readonly ClassReport[]> {
  const reports: ClassReport[] = [];
  for (const keyClass of ["replicated", "local"] as const) {
    const pages = new Map<number, Set<number>>();
    let unreadable: string | undefined;
    for (const mount of index.mounts()) {
      if (mount.class !== keyClass) continue;
      try {
        for (const leaf of await wrongLeaves(index, keyClass, mount.mountId)) addLeaf(pages, leaf);
      } catch (error) {
        if (!isServerError(error, "corrupt")) throw error;
        unreadable = error.message;
      }
    }
    const sorted = [...pages].map(([page, leaves]) => [page, [...leaves].sort((a, b) => a - b)] as const);
    reports.push({ class: keyClass, pages: new Map(sorted.sort(([a], [b]) => a - b)), unreadable });
  }
  return reports;
}

async function wrongLeaves(index: LogIndex, keyClass: LoggedClass, mountId: string): Promise<ReadonlySet<number>> {
  let suspects = ALL_LEAVES;
  for (let walk = 0; walk < WALKS && suspects.size > 0; walk += 1) {
    const before = sumsOf(index, keyClass, mountId);
    const actual = await actualSums(index, keyClass, mountId, suspects);
    const after = sumsOf(index, keyClass, mountId);
    const wrong = new Set<number>();
    for (const leaf of new Set([...before.keys(), ...after.keys(), ...actual.keys()])) {
      const [was, is, found] = [before.get(leaf) ?? ZERO, after.get(leaf) ?? ZERO, actual.get(leaf) ?? ZERO];
      if (suspects.has(leaf) && was.equals(is) && !is.equals(found)) wrong.add(leaf);
    }
    suspects = wrong;
  }
  return suspects;
}

const ZERO = zeroChecksum();

function sumsOf(index: LogIndex, keyClass: LoggedClass, mountId: string): ReadonlyMap<number, Buffer> {
  const sums = new Map<number, Buffer>();
  for (const page of index.pages(keyClass, mountId)) {
    for (const { number, sum } of index.leaves(keyClass, mountId, page.number)) sums.set(number, sum);
  }
  return sums;
}

async function actualSums(
  index: LogIndex,
  keyClass: LoggedClass,
  mountId: string,
  leaves: ReadonlySet<number>,
): Promise<ReadonlyMap<number, Buffer>> {
  const sums = new Map<number, Buffer>();
  for (let after: string | undefined; ; ) {
    const options = after === undefined ? { limit: WALK_KEYS } : { after, limit: WALK_KEYS };
    const { elements, next } = await index.elements(keyClass, mountId, leaves, options);
    for (const { leaf, hash } of elements) {
      const sum = sums.get(leaf) ?? zeroChecksum();
      addChecksum(sum, hash);
      sums.set(leaf, sum);
    }
    if (next === undefined) return sums;
    after = next;
  }
}

function addLeaf(pages: Map<number, Set<number>>, leaf: number): void {
  const page = Math.floor(leaf / LEAVES_PER_PAGE);
  const leaves = pages.get(page) ?? new Set();
  pages.set(page, leaves.add(leaf % LEAVES_PER_PAGE));
}
