import type { ReplicationMode } from "../../sdk/log";
import { expectOwnAgain, halfBuilt, halfReplaced } from "./half-built";
import { getKey } from "./test-cluster";
import { isEqual, link, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(() => set.close());

const MODES = ["performance", "dr"] as const satisfies readonly ReplicationMode[];

/** What a build needs to go on after a restart. */
const RECORDS: readonly (readonly [string, RegExp])[] = [
  ["the keys of the set", /\/n\/core\/generation-build$/],
  ["the link to the primary", /\/n\/core\/replication\/build$/],
  ["how far it got", /\/x\/build$/],
];
const cases = MODES.flatMap((mode) => RECORDS.map(([what, place]) => [mode, what, place] as const));

function complaints(node: TestNode): readonly string[] {
  return set.logLines.filter((line) => line.startsWith(`${node.name} error`) && line.includes("given up"));
}

test.each(cases)(
  "a %s bootstrap whose record of %s is damaged: the cluster starts with its own data",
  async (...given) => {
    const [mode, , place] = given;
    const [a, b] = await halfBuilt(set, mode);
    expect(await b.damageStored(place)).toBe(1);
    await b.restart();
    await expectOwnAgain(b, mode);
    expect(complaints(b)).toHaveLength(1);
    expect(complaints(b)[0]).toContain("corrupt");
    await b.restart();
    await expectOwnAgain(b, mode);
    expect(complaints(b)).toHaveLength(1);

    set.network.tap = () => undefined;
    set.network.mend("b", a.address);
    await link(a, b, mode);
    await until("roots are equal", () => isEqual(a, b, mode));
    expect(await getKey(b.core, "data/own/x")).toBeUndefined();
  },
);

test.each(cases)("a %s secondary whose record of %s is damaged fetches its snapshot anew", async (mode, _, place) => {
  const [a, b] = await halfReplaced(set, mode);
  expect(await b.damageStored(place)).toBe(1);
  set.network.tap = () => undefined;
  set.network.mend("b", a.address);
  await b.restart();
  expect(complaints(b)).toHaveLength(1);
  await until("roots are equal", () => isEqual(a, b, mode));
  expect(await getKey(b.core, "data/m1/k7")).toBe("changed");
  await until("what was built is removed", () => b.generationsStored().size === 1);
});

test.each(RECORDS)(
  "damaged %s that cannot be removed: the cluster opens, and all that may be named stays",
  async (...given) => {
    const [, b] = await halfBuilt(set, "performance");
    await b.damageStored(given[1]);
    const stored = b.generationsStored();
    await b.close();
    b.syncing = () => {
      b.syncing = () => undefined;
      throw new Error("disk failed");
    };
    await b.open();
    await b.settled();
    expect(await getKey(b.core, "data/own/x")).toBe("mine");
    expect(b.status("performance").mode).toBe("disabled");
    expect(complaints(b)).toHaveLength(1);
    expect(b.generationsStored()).toEqual(stored);
    await b.restart();
    await expectOwnAgain(b, "performance");
  },
);

test.each(RECORDS)("%s that are read wrongly once are no reason to give a bootstrap up", async (...given) => {
  const [a, b] = await halfBuilt(set, "performance");
  let flips = 2;
  b.reading = (key, value) => {
    if (flips === 0 || !given[1].test(key)) return value;
    flips -= 1;
    return Buffer.from(value.map((byte) => byte ^ 1));
  };
  await b.restart();
  expect(flips).toBe(0);
  expect(complaints(b)).toEqual([]);
  set.network.tap = () => undefined;
  set.network.mend("b", a.address);
  await until("roots are equal", () => isEqual(a, b, "performance"));
});
