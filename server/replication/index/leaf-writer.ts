import { isZeroChecksum } from "../../sdk/checksum";
import type { LoggedClass } from "../../sdk/log";
import type { BucketIndex, LeafChange, LeafPlace } from "./bucket-index";
import { encodeJournal, type JournaledMount, journalKey } from "./journal-record";
import { encodeLeaf, leafKey } from "./leaf-record";

/** The leaves that one commit changes: class, then mount id, then leaf. */
export type ChangedLeaves = Readonly<Record<LoggedClass, ReadonlyMap<string, ReadonlyMap<number, LeafChange>>>>;

/** What a commit writes of the index, and what to call once it is durable. */
export interface LeafWrites {
  readonly puts: readonly { readonly key: string; readonly value: Buffer }[];
  readonly deletes: readonly string[];
  readonly settle: () => void;
}

/** The leaves that one stored journal record names. */
export interface JournalRecord {
  readonly sequence: number;
  readonly mounts: readonly {
    readonly class: LoggedClass;
    readonly mountId: string;
    readonly leaves: Uint16Array;
  }[];
}

/** Bounds of the journal. What is stored means the same under any. */
export interface JournalLimits {
  /** From so many on a commit's leaves go into one record: a keyed hash places them, so nearly each lies on another page. */
  readonly journaledLeavesMin: number;
  /** Leaves that the journal names in all: at four times those of a mount few of its oldest record still count. */
  readonly journalLeavesMax: number;
}

/** Looked at in the oldest record, for each leaf that a commit changes. */
const LOOKED_AT_PER_CHANGE = 2;
const LOOKED_AT_MIN = 64;
/** Operations of a commit besides one for each leaf that it changes. */
export const JOURNAL_OPERATIONS_MAX = 2;

/**
 * Decides how the leaves that a commit changes are stored: few each in a record of its own, many together in one record of
 * the journal. A leaf that a journal record names counts as the newest of them says, whatever lies in its own record; so a
 * commit may write a leaf's own record only if no other record names it. The oldest record goes as soon as the leaves that
 * still count as it says are written to their own records, a few with every commit.
 */
export class LeafWriter {
  private sequence: number;
  private readonly records: JournalRecord[];
  /** Of (class, mount), then leaf: the newest record that names it. */
  private readonly newest = new Map<string, Map<number, number>>();
  private retainedLeaves = 0;
  /** Leaves of the oldest record that need no look any more. */
  private passed = 0;

  /** @param records those that are stored, oldest first */
  constructor(
    private readonly generation: string,
    records: readonly JournalRecord[],
    private readonly limits: JournalLimits,
  ) {
    this.records = [...records];
    this.sequence = records.at(-1)?.sequence ?? 0;
    for (const record of records) this.remember(record);
  }

  /** How many leaves the stored journal names, those that a newer record names again included. */
  get journaledLeaves(): number {
    return this.retainedLeaves;
  }

  /** @param index as it is before the changes */
  plan(index: BucketIndex, changed: ChangedLeaves): LeafWrites {
    const plan = new Plan(this.passed);
    const count = countOf(changed);
    const journaled = this.divide(index, changed, count >= this.limits.journaledLeavesMin, plan);
    let added: JournalRecord | undefined;
    if (journaled.length > 0) {
      added = recordOf(this.sequence + 1, journaled);
      const key = journalKey(this.generation, added.sequence);
      plan.puts.push({ key, value: encodeJournal(key, index, journaled) });
    }
    if (count > 0) this.clean(index, count, plan);
    const { puts, deletes, dropped, passed } = plan;
    return { puts, deletes, settle: () => this.settle(added, dropped, passed) };
  }

  private settle(added: JournalRecord | undefined, dropped: number, passed: number): void {
    for (const record of this.records.splice(0, dropped)) this.forget(record);
    this.passed = passed;
    if (added === undefined) return;
    this.sequence = added.sequence;
    this.records.push(added);
    this.remember(added);
  }

  /** Plans the leaves that may have records of their own. @returns the others */
  private divide(index: BucketIndex, changed: ChangedLeaves, isLarge: boolean, plan: Plan): readonly JournaledMount[] {
    const journaled: JournaledMount[] = [];
    for (const [keyClass, mounts] of classesOf(changed)) {
      for (const [mountId, leaves] of mounts) {
        const named = this.newest.get(nameOf(keyClass, mountId));
        const changes: LeafChange[] = [];
        for (const change of leaves.values()) {
          if (isLarge || named?.has(change.leaf) === true) changes.push(change);
          else this.write(change, index.sumAfter(change), plan);
        }
        if (changes.length > 0) journaled.push({ class: keyClass, mountId, changes });
      }
    }
    return journaled;
  }

  /** Takes the journal's oldest leaves over into records of their own, as many as the commit has operations for. */
  private clean(index: BucketIndex, count: number, plan: Plan): void {
    const isLarge = count >= this.limits.journaledLeavesMin;
    // A large commit is one of many: its leaves will change again before their records are old.
    const retainedMax = isLarge ? this.limits.journalLeavesMax - count : 0;
    const operationsMax = count + JOURNAL_OPERATIONS_MAX;
    let looks = Math.max(LOOKED_AT_MIN, count * LOOKED_AT_PER_CHANGE);
    let retained = this.retainedLeaves;
    for (;;) {
      const record = this.records[plan.dropped];
      if (record === undefined || retained <= retainedMax) return;
      const size = sizeOf(record);
      for (const place of placesFrom(record, plan.passed)) {
        const counts = this.isNewest(record, place);
        if (looks === 0 || (counts && plan.operations >= operationsMax)) return;
        looks -= 1;
        plan.passed += 1;
        if (counts) this.write(place, index.leaf(place.class, place.mountId, place.leaf), plan);
      }
      if (plan.operations >= operationsMax) return;
      plan.deletes.push(journalKey(this.generation, record.sequence));
      plan.dropped += 1;
      plan.passed = 0;
      retained -= size;
    }
  }

  private write(place: LeafPlace, sum: Buffer, plan: Plan): void {
    const key = leafKey(this.generation, place);
    if (isZeroChecksum(sum)) plan.deletes.push(key);
    else plan.puts.push({ key, value: encodeLeaf(key, sum) });
  }

  private isNewest(record: JournalRecord, place: LeafPlace): boolean {
    return this.newest.get(nameOf(place.class, place.mountId))?.get(place.leaf) === record.sequence;
  }

  private remember(record: JournalRecord): void {
    for (const { class: keyClass, mountId, leaves } of record.mounts) {
      const name = nameOf(keyClass, mountId);
      const newest = this.newest.get(name) ?? new Map<number, number>();
      this.newest.set(name, newest);
      for (const leaf of leaves) newest.set(leaf, record.sequence);
      this.retainedLeaves += leaves.length;
    }
  }

  private forget(record: JournalRecord): void {
    for (const { class: keyClass, mountId, leaves } of record.mounts) {
      const name = nameOf(keyClass, mountId);
      const newest = this.newest.get(name);
      for (const leaf of leaves) if (newest?.get(leaf) === record.sequence) newest.delete(leaf);
      if (newest?.size === 0) this.newest.delete(name);
      this.retainedLeaves -= leaves.length;
    }
  }
}

class Plan {
  readonly puts: { readonly key: string; readonly value: Buffer }[] = [];
  readonly deletes: string[] = [];
  /** Of the oldest records, how many go. */
  dropped = 0;

  /** @param passed of the oldest record that stays, how many leaves need no look any more */
  constructor(public passed: number) {}

  get operations(): number {
    return this.puts.length + this.deletes.length;
  }
}

function nameOf(keyClass: LoggedClass, mountId: string): string {
  return `${keyClass}/${mountId}`;
}

function classesOf(changed: ChangedLeaves) {
  return [["replicated", changed.replicated] as const, ["local", changed.local] as const] as const;
}

function countOf({ replicated, local }: ChangedLeaves): number {
  let count = 0;
  for (const mounts of [replicated, local]) for (const leaves of mounts.values()) count += leaves.size;
  return count;
}

function recordOf(sequence: number, journaled: readonly JournaledMount[]): JournalRecord {
  const mounts = journaled.map(({ class: keyClass, mountId, changes }) => ({
    class: keyClass,
    mountId,
    leaves: Uint16Array.from(changes, (change) => change.leaf),
  }));
  return { sequence, mounts };
}

function sizeOf(record: JournalRecord): number {
  return record.mounts.reduce((sum, { leaves }) => sum + leaves.length, 0);
}

function* placesFrom(record: JournalRecord, start: number): Generator<LeafPlace> {
  let before = 0;
  for (const { class: keyClass, mountId, leaves } of record.mounts) {
    for (let at = Math.max(0, start - before); at < leaves.length; at += 1) {
      yield { class: keyClass, mountId, leaf: leaves[at] ?? 0 };
    }
    before += leaves.length;
  }
}
