import { putKey } from "./test-cluster";
import { isEqual, link, NO_API, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(() => set.close());

const never = new AbortController().signal;

interface Conflict {
  readonly number: number;
  readonly cluster_id: string;
}

const conflicts = (node: TestNode, mode: "performance" | "dr" = "dr") =>
  (node.status(mode).conflicting_epochs ?? []) as readonly Conflict[];
const epochOf = (node: TestNode) => ({ number: 2, cluster_id: node.core.identity.id });

/** Two DR secondaries of one primary that know of each other's addresses, and that primary gone. */
async function orphans(): Promise<readonly [TestNode, TestNode, TestNode]> {
  const [a, b, c] = [await set.start("a"), await set.start("b"), await set.start("c")];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  await link(a, c, "dr");
  const knows = (node: TestNode, other: TestNode): boolean =>
    JSON.stringify(node.status("dr").known_primary_cluster_addrs).includes(String(other.clusterPort));
  await until("both know both", () => knows(b, c) && knows(c, b));
  await until("both are equal", () => isEqual(a, b, "dr") && isEqual(a, c, "dr"));
  await a.close();
  await until("both noticed", () => !b.isStreaming("dr") && !c.isStreaming("dr"));
  return [a, b, c];
}

async function promote(node: TestNode): Promise<void> {
  await node.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
}

async function rejoin(primary: TestNode, node: TestNode): Promise<void> {
  await node.replication.demotePrimary("dr", { targetId: undefined, signal: never });
  const wrap = await primary.replication.issueSecondaryToken("dr", {
    id: node.name,
    ttlSeconds: 60,
    creationPath: "p",
  });
  await node.replication.updatePrimary("dr", { token: wrap.token, api: NO_API, addresses: [] });
  await until(`${node.name} follows`, () => isEqual(primary, node, "dr"), 15_000);
}

test("two DR secondaries promoted at once refuse each other, and the status of both names both epochs", async () => {
  const [, b, c] = await orphans();
  await Promise.all([promote(b), promote(c)]);
  await until("both know", () => conflicts(b).length === 1 && conflicts(c).length === 1, 20_000);
  expect(b.status("dr").epoch).toEqual(epochOf(b));
  expect(c.status("dr").epoch).toEqual(epochOf(c));
  expect(conflicts(b)).toMatchObject([epochOf(c)]);
  expect(conflicts(c)).toMatchObject([epochOf(b)]);
  for (const node of [b, c]) {
    expect(set.logLines.some((line) => line.startsWith(`${node.name} error another cluster of the set`))).toBe(true);
    await putKey(node.core, "data/m1/k", node.name);
  }
  await b.restart();
  expect(conflicts(b)).toMatchObject([epochOf(c)]);
  await rejoin(b, c);
  await until("b forgets the conflict", () => b.status("dr").conflicting_epochs === undefined);
  expect(b.replication.state().dr).toBe("primary");
}, 60_000);

test("the one that gives in may follow as long as its history is not the other's yet", async () => {
  const [, b, c] = await orphans();
  await Promise.all([promote(b), promote(c)]);
  for (const node of [b, c]) await putKey(node.core, "data/m1/k", node.name);
  // Long after the welcome c hears what b wrote, which does not fit to its own: until then nothing of b's history is here.
  let [sent, heard] = [0, 0];
  let release = (): void => undefined;
  const longAfter = new Promise<void>((resolve) => {
    release = resolve;
  });
  set.network.holding = ({ kind, toServer }) => {
    if (kind !== "stream") return undefined;
    if (!toServer) sent += 1;
    else if (sent > 1) heard += 1;
    // Heartbeats of c, which has had nothing but the welcome for so long.
    if (heard === 3) release();
    return !toServer && sent === 2 ? longAfter : undefined;
  };
  await rejoin(b, c);
  expect(heard).toBeGreaterThanOrEqual(3);
  expect(set.logLines.some((line) => /^c info .*"from":"idle","to":"merkle-diff"/.test(line))).toBe(true);
}, 60_000);

test("the old primary is told by one, and the other is found all the same", async () => {
  const [a, b, c] = await orphans();
  for (const [one, other] of [
    [b, c],
    [c, b],
  ] as const)
    set.network.cut(one.name, other.address);
  await promote(b);
  await promote(c);
  await a.open();
  await until("a is fenced", () => a.status("dr").state === "fenced", 10_000);
  await until(
    "a was told by both",
    () => set.logLines.filter((l) => / info the former primary was told/.test(l)).length === 2,
    15_000,
  );
  expect(conflicts(b)).toEqual([]);
  for (const [one, other] of [
    [b, c],
    [c, b],
  ] as const)
    set.network.mend(one.name, other.address);
  await until("both know", () => conflicts(b).length === 1 && conflicts(c).length === 1, 25_000);
}, 60_000);

test("one that is only visited knows it too, and by which secondary", async () => {
  const [, b, c] = await orphans();
  set.network.cut("b", c.address);
  await Promise.all([promote(b), promote(c)]);
  await until("both know", () => conflicts(b).length === 1 && conflicts(c).length === 1, 20_000);
  expect(conflicts(b)).toMatchObject([{ ...epochOf(c), secondary_id: "c" }]);
  expect(conflicts(c)).toMatchObject([epochOf(b)]);
}, 40_000);
