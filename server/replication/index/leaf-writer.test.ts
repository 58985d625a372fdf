import * as fc from "fast-check";
import { generationRecordPrefix } from "../../sdk/key-layout";
import type { LoggedClass } from "../../sdk/log";
import type { Storage } from "../../sdk/storage";
import { openMemoryStorage } from "../../storage/memory/index";
import type { BucketIndex, LeafChange } from "./bucket-index";
import { JOURNAL_OPERATIONS_MAX, LeafWriter, type LeafWrites } from "./leaf-writer";
import { readStoredIndex } from "./stored-index";

const GENERATION = "00000001";
const LIMITS = { journaledLeavesMin: 64, journalLeavesMax: 10_000 };
const MOUNTS = [
  ["replicated", "m1"],
  ["replicated", "m2"],
  ["local", "m1"],
] as const;
const CLASSES = ["replicated", "local"] as const;

/** Numbers that follow from the seed alone (a linear congruential generator, constants of Numerical Recipes). */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A generation of which only the index is written. */
class Indexed {
  private constructor(
    readonly storage: Storage,
    public index: BucketIndex,
    public leaves: LeafWriter,
  ) {}

  static async open(): Promise<Indexed> {
    const storage = await openMemoryStorage();
    const { index, leaves } = await readStoredIndex(storage, GENERATION, LIMITS);
    return new Indexed(storage, index, leaves);
  }

  /** What a commit of the changes would write. */
  plan(changes: readonly LeafChange[]): LeafWrites {
    const changed = { replicated: new Map<string, Map<number, LeafChange>>(), local: new Map() };
    for (const change of changes) {
      const mounts: Map<string, Map<number, LeafChange>> = changed[change.class];
      mounts.set(change.mountId, (mounts.get(change.mountId) ?? new Map()).set(change.leaf, change));
    }
    return this.leaves.plan(this.index, changed);
  }

  /** @returns the operations that the index took */
  async commit(changes: readonly LeafChange[]): Promise<number> {
    const { puts, deletes, settle } = this.plan(changes);
    await this.storage.commit({ preconditions: [], puts: [...puts], deletes: [...deletes] });
    for (const change of changes) this.index.add(change);
    settle();
    return puts.length + deletes.length;
  }

  async reload(): Promise<void> {
    const stored = await readStoredIndex(this.storage, GENERATION, LIMITS);
    this.index = stored.index;
    this.leaves = stored.leaves;
  }

  count(area: "index" | "journal"): Promise<number> {
    return this.storage
      .list(generationRecordPrefix(GENERATION, area), { limit: 1_000_000 })
      .then((keys) => keys.length);
  }
}

function contentOf(index: BucketIndex): unknown {
  return CLASSES.map((keyClass: LoggedClass) => [
    index.classSum(keyClass).toString("hex"),
    MOUNTS.filter(([mountClass]) => mountClass === keyClass).map(([, mountId]) =>
      index
        .pages(keyClass, mountId)
        .map(({ number, sum }) => [
          number,
          sum.toString("hex"),
          index.leaves(keyClass, mountId, number).map((leaf) => [leaf.number, leaf.sum.toString("hex")]),
        ]),
    ),
  ]);
}

/** Changes of `count` different leaves among `leaves`; some take away all that a leaf holds. */
function changesOf(index: BucketIndex, count: number, leaves: number, below: (limit: number) => number): LeafChange[] {
  const changes = new Map<string, LeafChange>();
  while (changes.size < count) {
    const [keyClass, mountId] = MOUNTS[below(MOUNTS.length)] ?? MOUNTS[0];
    const leaf = below(leaves) * 7;
    const delta = Buffer.alloc(32);
    const held = index.leaf(keyClass, mountId, leaf);
    if (below(3) === 0 && held.some((byte) => byte !== 0)) negate(held).copy(delta);
    else for (let at = 0; at < delta.length; at += 1) delta[at] = below(256);
    changes.set(`${keyClass}/${mountId}/${leaf}`, { class: keyClass, mountId, leaf, delta });
  }
  return [...changes.values()];
}

function negate(sum: Buffer): Buffer {
  const value = (1n << 256n) - BigInt(`0x${sum.toString("hex")}`);
  return Buffer.from(BigInt.asUintN(256, value).toString(16).padStart(64, "0"), "hex");
}

test("what is stored is what is in memory, after any commits and restarts", async () => {
  const step = fc.record({
    count: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: LIMITS.journaledLeavesMin - 2, max: 200 })),
    reloads: fc.boolean(),
    isDropped: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.nat(), async (steps, seed) => {
      const below = numbersFrom(seed);
      const indexed = await Indexed.open();
      for (const { count, reloads, isDropped } of steps) {
        // A commit that fails is planned and never settled.
        if (isDropped) indexed.plan(changesOf(indexed.index, count, 120, below));
        const changes = changesOf(indexed.index, count, 120, below);
        expect(await indexed.commit(changes)).toBeLessThanOrEqual(changes.length + JOURNAL_OPERATIONS_MAX);
        const stored = await readStoredIndex(indexed.storage, GENERATION, LIMITS);
        expect(contentOf(stored.index)).toEqual(contentOf(indexed.index));
        expect(stored.leaves.journaledLeaves).toBe(indexed.leaves.journaledLeaves);
        if (reloads) await indexed.reload();
      }
    }),
    { numRuns: 60 },
  );
});

test("a commit of few leaves writes each on its own, one of many writes a single record", async () => {
  const indexed = await Indexed.open();
  const below = numbersFrom(1);
  expect(await indexed.commit(changesOf(indexed.index, 3, 9_000, below))).toBe(3);
  expect([await indexed.count("index"), await indexed.count("journal")]).toEqual([3, 0]);
  expect(await indexed.commit(changesOf(indexed.index, 4_000, 9_000, below))).toBe(1);
  expect([await indexed.count("index"), await indexed.count("journal")]).toEqual([3, 1]);
});

test("small commits that change journaled leaves empty the journal", async () => {
  const indexed = await Indexed.open();
  const below = numbersFrom(2);
  for (let count = 0; count < 3; count += 1) await indexed.commit(changesOf(indexed.index, 300, 150, below));
  const most = indexed.leaves.journaledLeaves;
  for (let commits = 0; indexed.leaves.journaledLeaves > 0; commits += 1) {
    expect(commits).toBeLessThan(5_000);
    await indexed.commit(changesOf(indexed.index, 1, 150, below));
    expect(indexed.leaves.journaledLeaves).toBeLessThanOrEqual(most + 300);
  }
  expect(await indexed.count("journal")).toBe(0);
  const before = contentOf(indexed.index);
  await indexed.reload();
  expect(contentOf(indexed.index)).toEqual(before);
});

test("a run of large commits keeps the journal bounded", async () => {
  const indexed = await Indexed.open();
  indexed.leaves = new LeafWriter(GENERATION, [], { ...LIMITS, journalLeavesMax: 2_000 });
  const below = numbersFrom(3);
  for (let commits = 0; commits < 60; commits += 1) {
    const operations = await indexed.commit(changesOf(indexed.index, 200, 400, below));
    expect(operations).toBeLessThanOrEqual(200 + JOURNAL_OPERATIONS_MAX);
    expect(indexed.leaves.journaledLeaves).toBeLessThanOrEqual(2_000);
  }
  expect(await indexed.count("journal")).toBeLessThanOrEqual(10);
  const before = contentOf(indexed.index);
  await indexed.reload();
  expect(contentOf(indexed.index)).toEqual(before);
});

test.each(["index", "journal"] as const)("a damaged record of the %s is named", async (area) => {
  const indexed = await Indexed.open();
  const below = numbersFrom(4);
  await indexed.commit(changesOf(indexed.index, 2, 9_000, below));
  await indexed.commit(changesOf(indexed.index, 100, 9_000, below));
  const [pair] = await indexed.storage.scan(generationRecordPrefix(GENERATION, area), { limit: 1 });
  if (pair === undefined) throw new Error("nothing was stored");
  for (const at of [0, 3, pair.value.length - 1]) {
    const damaged = Buffer.from(pair.value);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    await indexed.storage.commit({ preconditions: [], puts: [{ key: pair.key, value: damaged }], deletes: [] });
    await expect(readStoredIndex(indexed.storage, GENERATION, LIMITS)).rejects.toMatchObject({
      code: "corrupt",
      detail: expect.stringContaining(pair.key),
    });
  }
});

test("a record of the journal that is too short for what it promises is refused, whatever its CRC says", async () => {
  const indexed = await Indexed.open();
  await indexed.commit(changesOf(indexed.index, 100, 9_000, numbersFrom(5)));
  const [pair] = await indexed.storage.scan(generationRecordPrefix(GENERATION, "journal"), { limit: 1 });
  if (pair === undefined) throw new Error("nothing was stored");
  await indexed.storage.commit({
    preconditions: [],
    puts: [{ key: pair.key, value: pair.value.subarray(0, 2) }],
    deletes: [],
  });
  await expect(readStoredIndex(indexed.storage, GENERATION, LIMITS)).rejects.toMatchObject({ code: "corrupt" });
});
