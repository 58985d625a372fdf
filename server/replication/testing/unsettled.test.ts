import type { RoleChange } from "../../sdk/barrier";
import { ServerError } from "../../sdk/errors";
import { getKey, putKey } from "./test-cluster";
import { isEqual, link, NO_API, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(() => set.close());

const never = new AbortController().signal;
const KEYS = 3_000;

async function putAll(node: TestNode, value: string): Promise<void> {
  const view = node.core.barrier.view("", "replicated");
  for (let at = 0; at < KEYS; at += 250) {
    await view.commit(Array.from({ length: 250 }, (_, n) => view.put(`data/m1/k${at + n}`, Buffer.from(value))));
  }
}

async function pair(): Promise<readonly [TestNode, TestNode]> {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await putAll(a, "old");
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  await until("caught up", () => isEqual(a, b, "dr"));
  return [a, b];
}

const promote = (node: TestNode, force: boolean, acceptPartialRepair?: boolean) =>
  node.replication.promoteSecondary("dr", {
    primaryClusterAddress: "",
    force,
    ...(acceptPartialRepair === undefined ? {} : { acceptPartialRepair }),
  });

/** The secondary has brought over some of what differs, and then its primary is gone. */
async function halfRepaired(): Promise<readonly [TestNode, TestNode]> {
  const [a, b] = await pair();
  set.network.cut("b", a.address);
  await until("b is away", () => !b.isStreaming("dr"));
  await halfOfARepair(a, b, "new");
  return [a, b];
}

/** They have no link; it is there for long enough to begin the repair. */
async function halfOfARepair(a: TestNode, b: TestNode, value: string): Promise<void> {
  await putAll(a, value);
  await a.core.log.truncate(a.core.log.lastIndex());
  let large = 0;
  set.network.tap = ({ kind, toServer, bytes }) => {
    if (kind !== "diff" || toServer || bytes.length < 20_000) return;
    large += 1;
    if (large === 3) set.network.cut("b", a.address);
  };
  set.network.mend("b", a.address);
  await b.replication.recover("dr");
  await until("the repair has begun", () => b.status("dr").partial_repair === true && large >= 3, 15_000);
  await until("the link is gone", () => b.status("dr").state === "idle");
}

test("half of a repair is promoted by nobody who does not say so, over restarts too", async () => {
  const [a, b] = await halfRepaired();
  await a.close();
  await b.restart();
  await until("b has tried", () => b.status("dr").connection_state === "transient_failure");
  for (const refused of [promote(b, false), promote(b, true), promote(b, true, false), promote(b, false, true)]) {
    await expect(refused).rejects.toMatchObject({ code: "catching_up" });
  }
  await expect(promote(b, true)).rejects.toThrow(/in the middle of a repair.*accept_partial_repair/);
  expect(b.replication.state().dr).toBe("secondary");
  const warnings = await promote(b, true, true);
  expect(warnings.join()).toContain("in the middle of a repair");
  expect(set.logLines.some((line) => /^b warn promoted in the middle of a repair/.test(line))).toBe(true);
  expect(b.status("dr")).toMatchObject({ mode: "primary", accepted_partial_repair: true });
  await b.restart();
  expect(b.status("dr").accepted_partial_repair).toBe(true);
  await putKey(b.core, "data/m1/k0", "on b");
}, 60_000);

test("a repair that is finished leaves nothing to accept", async () => {
  const [a, b] = await halfRepaired();
  set.network.tap = () => undefined;
  set.network.mend("b", a.address);
  await b.replication.recover("dr");
  await until("equal", () => isEqual(a, b, "dr"), 15_000);
  expect(b.status("dr").partial_repair).toBeUndefined();
  await a.replication.demotePrimary("dr", { targetId: "b", signal: never });
  await promote(b, false);
  expect(b.status("dr").accepted_partial_repair).toBeUndefined();
  expect(await getKey(b.core, "data/m1/k2999")).toBe("new");
}, 60_000);

test("a position that is a guess is no stream-wals, and not caught up, before a checkpoint has confirmed it", async () => {
  const [a, b] = await pair();
  const c = await set.start("c");
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await link(a, c, "performance");
  const knowsB = () => JSON.stringify(c.status("performance").known_primary_cluster_addrs).includes(`${b.clusterPort}`);
  await until("c knows b", knowsB);
  await until("b is equal", () => isEqual(a, b, "dr"));
  await a.close();
  await until("b noticed", () => !b.isStreaming("dr"));
  // Of what b sends on its streams only the welcome arrives for now.
  let sent = 0;
  const held: (() => void)[] = [];
  set.network.holding = ({ kind, toServer }) => {
    if (kind !== "stream" || toServer) return undefined;
    sent += 1;
    return sent === 1 ? undefined : new Promise((resolve) => held.push(resolve));
  };
  await promote(b, true);
  await until("c has heard b's welcome", () => c.status("performance").connection_state === "ready", 15_000);
  expect(c.status("performance").state).toBe("idle");
  for (const force of [false, true]) {
    await expect(
      c.replication.promoteSecondary("performance", { primaryClusterAddress: "", force }),
    ).rejects.toMatchObject({ code: "catching_up" });
  }
  expect(c.status("performance").unconfirmed_position).toBe(true);
  set.network.holding = () => undefined;
  for (const release of held) release();
  await until("c streams", () => isEqual(b, c, "performance"), 15_000);
  const states = set.logLines.filter((line) => /^c info replication state changed/.test(line));
  expect(states.at(-1)).toContain('"from":"idle","to":"stream-wals"');
  expect(c.status("performance").unconfirmed_position).toBeUndefined();
}, 60_000);

const promoteShared = (node: TestNode, acceptPartialRepair: boolean) =>
  node.replication.promoteSecondary("performance", { primaryClusterAddress: "", force: true, acceptPartialRepair });

/**
 * A performance secondary has come to the promoted DR cluster, and found that it holds a write which was lost in that failover;
 * before anything of the new primary was brought over, the two are cut off from each other.
 */
async function foundDifferent(
  prepare: (secondary: TestNode) => Promise<void> = () => Promise.resolve(),
  beforeTheyMeet: (promoted: TestNode) => Promise<void> = () => Promise.resolve(),
): Promise<readonly [promoted: TestNode, secondary: TestNode]> {
  const [a, b, c] = [await set.start("a"), await set.start("b"), await set.start("c")];
  await putKey(a.core, "data/m1/key", "before");
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  await link(a, c, "performance");
  await until("b is equal", () => isEqual(a, b, "dr"));
  await prepare(c);
  set.network.cut("b", a.address);
  await until("b is away", () => !b.isStreaming("dr"));
  await putKey(a.core, "data/m1/key", "lost");
  await until("c is equal", () => isEqual(a, c, "performance"));
  await a.close();
  set.network.tap = ({ kind }) => {
    if (kind === "diff") set.network.cut("c", b.address);
  };
  set.network.cut("c", b.address);
  await promote(b, true);
  await putKey(b.core, "data/m1/key", "after");
  await beforeTheyMeet(b);
  set.network.mend("c", b.address);
  const primary = { token: undefined, api: NO_API, addresses: [b.address] };
  await c.replication.updatePrimary("performance", primary);
  const found = (): boolean => set.logLines.some((line) => /^c info .*"from":"merkle-diff","to":"idle"/.test(line));
  await until("the diff has begun and ended", found, 15_000);
  set.network.tap = () => undefined;
  return [b, c];
}

test("who holds the former primary's content in the new one's history is promoted by nobody who does not say so", async () => {
  const [b, c] = await foundDifferent();
  await b.close();
  await c.restart();
  expect(await getKey(c.core, "data/m1/key")).toBe("lost");
  await expect(promoteShared(c, false)).rejects.toMatchObject({ code: "catching_up" });
  await expect(promoteShared(c, false)).rejects.toThrow(/writes of the former primary that the set has lost.*accept_/);
  expect(c.status("performance")).toMatchObject({ state: "idle", unconfirmed_position: true });
  const plan = await c.replication.failoverPlan("performance");
  expect(plan).toMatchObject({
    promote_allowed: false,
    promote_refusal: expect.stringContaining("accept_partial_repair"),
  });
  expect(c.replication.state().performance).toBe("secondary");
  const warnings = await promoteShared(c, true);
  expect(warnings.join()).toContain("before its new primary had confirmed what it holds");
  expect(c.status("performance")).toMatchObject({ mode: "primary", accepted_partial_repair: true });
  await c.replication.demotePrimary("performance", { targetId: undefined, signal: never });
  await promoteShared(c, false);
  await c.restart();
  expect(c.status("performance")).toMatchObject({ mode: "primary", accepted_partial_repair: true });
}, 60_000);

test("what the new primary has brought up to date leaves nothing to accept", async () => {
  const [b, c] = await foundDifferent();
  set.network.mend("c", b.address);
  await c.replication.recover("performance");
  await until("c is equal", () => isEqual(b, c, "performance"), 15_000);
  expect(c.status("performance").unconfirmed_position).toBeUndefined();
  await b.close();
  await promoteShared(c, false);
  expect(await getKey(c.core, "data/m1/key")).toBe("after");
  expect(c.status("performance").accepted_partial_repair).toBeUndefined();
}, 60_000);

test("who was brought up to date is promoted in the new primary's history, also before that has welcomed it again", async () => {
  const forgetLog = ({ core }: TestNode) => core.log.truncate(core.log.lastIndex());
  const [b, c] = await foundDifferent(undefined, forgetLog);
  let isCompared = false;
  set.network.tap = ({ kind, toServer }) => {
    if (kind === "diff") isCompared = true;
    else if (isCompared && kind === "stream" && toServer) set.network.cut("c", b.address);
  };
  set.network.mend("c", b.address);
  await c.replication.recover("performance");
  const lost = (): boolean => set.logLines.some((line) => /^c info .*"from":"merkle-sync","to":"idle"/.test(line));
  await until("the diff is over and the link lost", lost, 15_000);
  set.network.tap = () => undefined;
  expect(await getKey(c.core, "data/m1/key")).toBe("after");
  const history = b.core.barrier.lineage("performance");
  await b.close();
  await c.restart();
  await promoteShared(c, false);
  const epochs = c.core.barrier.lineage("performance").map(({ epoch }) => epoch);
  expect(epochs).toEqual([...history.map(({ epoch }) => epoch), { number: 3, clusterId: c.core.identity.id }]);
  set.network.mend("c", b.address);
  await b.restart();
  await until("b is fenced", () => b.status("performance").state === "fenced", 15_000);
  expect(c.status("performance").conflicting_epochs).toBeUndefined();
}, 60_000);

test("who leaves the set leaves its doubts behind", async () => {
  const [, c] = await foundDifferent();
  await c.replication.disableSecondary("performance");
  await c.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await c.replication.demotePrimary("performance", { targetId: undefined, signal: never });
  await promoteShared(c, false);
  expect(c.status("performance")).toMatchObject({ mode: "primary" });
  expect(c.status("performance").accepted_partial_repair).toBeUndefined();
}, 60_000);

test("the others of the set are brought to what such a promotion accepted, and list what only they had", async () => {
  const [b, c] = await foundDifferent();
  await putKey(b.core, "data/m1/only-b", "x");
  await b.close();
  await promoteShared(c, true);
  await putKey(c.core, "data/m1/next", "on c");
  await b.restart();
  await b.replication.demotePrimary("performance", { targetId: undefined, signal: never });
  const wrap = await c.replication.issueSecondaryToken("performance", { id: "b", ttlSeconds: 60, creationPath: "p" });
  await b.replication.updatePrimary("performance", { token: wrap.token, api: NO_API, addresses: [] });
  await until("b is equal", () => isEqual(c, b, "performance"), 15_000);
  const held = ["key", "only-b", "next"].map((key) => getKey(b.core, `data/m1/${key}`));
  expect(await Promise.all(held)).toEqual(["lost", undefined, "on c"]);
  expect(b.replication.divergence.list("performance")).toMatchObject([{ writes: 2 }]);
}, 60_000);

test("a DR secondary that takes the place of such a cluster is promoted no more easily than that would be", async () => {
  const e = await set.start("e");
  const [b, c] = await foundDifferent(async (secondary) => {
    await secondary.replication.enablePrimary("dr", { primaryClusterAddress: "" });
    await link(secondary, e, "dr");
  });
  await b.close();
  await until("e is equal", () => isEqual(c, e, "dr"));
  await c.close();
  await promote(e, true);
  expect(e.replication.state().performance).toBe("secondary");
  expect(await getKey(e.core, "data/m1/key")).toBe("lost");
  await expect(promoteShared(e, false)).rejects.toMatchObject({ code: "catching_up" });
  expect(e.status("performance")).toMatchObject({ unconfirmed_position: true });
  await promoteShared(e, true);
  expect(e.status("performance")).toMatchObject({ mode: "primary", accepted_partial_repair: true });
}, 60_000);

test("a repair is on record although the end of the one before it is durable and was told to have failed", async () => {
  const [a, b] = await repairedAndToldToHaveFailed();
  await until("the link is gone", () => b.status("dr").state === "idle");
  await halfOfARepair(a, b, "newer");
  await a.close();
  await b.restart();
  expect(b.status("dr").partial_repair).toBe(true);
  await expect(promote(b, true)).rejects.toMatchObject({ code: "catching_up" });
}, 60_000);

/** The repair goes on to its end, whose commit is durable and is told to have failed; then the link is cut. */
async function repairedAndToldToHaveFailed(): Promise<readonly [TestNode, TestNode]> {
  const [a, b] = await halfRepaired();
  set.network.tap = () => undefined;
  failCommit(b, true, (change) => {
    if (change?.reached !== undefined) set.network.cut("b", a.address);
    return change?.reached !== undefined;
  });
  set.network.mend("b", a.address);
  await b.replication.recover("dr");
  await until("the end was told to have failed", () => complained(b), 15_000);
  return [a, b];
}

/** The next commit of the node that `matches` fails: it is durable all the same, or it is not. */
function failCommit(node: TestNode, isDurable: boolean, matches: (change: RoleChange | undefined) => boolean): void {
  const { barrier } = node.core;
  const commit = barrier.commit.bind(barrier);
  jest.spyOn(barrier, "commit").mockImplementation(async (operations, change) => {
    const fails = matches(change);
    if (fails) jest.restoreAllMocks();
    if (!fails || isDurable) await commit(operations, change);
    if (fails) throw new ServerError("internal", { detail: "input/output error" });
    return { index: node.core.log.lastIndex(), revision: 0 };
  });
}

const complained = (node: TestNode): boolean =>
  set.logLines.some((line) => line.startsWith(`${node.name} `) && line.includes("input/output error"));

test("a promotion that is durable although it was told to have failed has accepted what it accepted", async () => {
  const [a, b] = await halfRepaired();
  await a.close();
  failCommit(b, true, (change) => change?.lineages !== undefined);
  await expect(promote(b, true, true)).rejects.toThrow("input/output error");
  expect(b.status("dr")).toMatchObject({ mode: "primary", accepted_partial_repair: true });
}, 60_000);

test("so has one that left the set left its doubts", async () => {
  const [, c] = await foundDifferent();
  failCommit(c, true, (change) => change?.lineages !== undefined);
  await expect(c.replication.disableSecondary("performance")).rejects.toThrow("input/output error");
  await c.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await c.replication.demotePrimary("performance", { targetId: undefined, signal: never });
  await promoteShared(c, false);
  expect(c.status("performance").accepted_partial_repair).toBeUndefined();
}, 60_000);

test("a repair whose end is durable is over, although it was told to have failed and the primary is gone", async () => {
  const [a, b] = await repairedAndToldToHaveFailed();
  await a.close();
  await until("what is stored was read", () => b.status("dr").partial_repair === undefined);
  await promote(b, true);
  expect(await getKey(b.core, `data/m1/k${KEYS - 1}`)).toBe("new");
  expect(b.status("dr").accepted_partial_repair).toBeUndefined();
}, 60_000);

test("a guess that was not stored is none", async () => {
  const [a, b, c] = [await set.start("a"), await set.start("b"), await set.start("c")];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  await link(a, c, "performance");
  await until("b is equal", () => isEqual(a, b, "dr"));
  await a.close();
  set.network.cut("c", b.address);
  await promote(b, true);
  failCommit(c, false, (change) => {
    if (change?.cursors !== undefined) set.network.cut("c", b.address);
    return change?.cursors !== undefined;
  });
  set.network.mend("c", b.address);
  const primary = { token: undefined, api: NO_API, addresses: [b.address] };
  await c.replication.updatePrimary("performance", primary);
  await until("the guess could not be stored", () => complained(c), 15_000);
  await b.close();
  await until("what is stored was read", () => c.status("performance").unconfirmed_position === undefined);
  await promoteShared(c, false);
  expect(c.status("performance")).toMatchObject({ mode: "primary" });
}, 60_000);
