import { getKey, putKey } from "./test-cluster";
import { isEqual, link, NO_API, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(() => set.close());

const never = new AbortController().signal;

async function drPair(): Promise<readonly [TestNode, TestNode]> {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  await until("b is equal", () => isEqual(a, b, "dr"));
  return [a, b];
}

/** The primary is gone without a word, and its DR secondary takes over. */
async function takeOver(a: TestNode, b: TestNode): Promise<void> {
  await a.close();
  await until("b noticed", () => !b.isStreaming("dr"));
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
}

const isFenced = (node: TestNode): boolean => node.status("dr").state === "fenced";

test("an old primary that comes back is told by its successor, and stays fenced over restarts", async () => {
  const [a, b] = await drPair();
  await takeOver(a, b);
  await a.open();
  await until("a is fenced", () => isFenced(a));
  await expect(putKey(a.core, "data/m1/k", "late")).rejects.toMatchObject({ code: "fenced", status: 503 });
  await expect(putKey(a.core, "core/token/t", "late", "local")).rejects.toMatchObject({ code: "fenced" });
  await putKey(b.core, "data/m1/k", "on b");
  await b.close();
  await a.restart();
  expect(isFenced(a)).toBe(true);
  expect(a.status("performance").state).toBe("fenced");
  await expect(putKey(a.core, "data/m1/k", "late")).rejects.toMatchObject({ code: "fenced" });
  expect(await getKey(a.core, "data/m1/k")).toBeUndefined();
});

test("an old primary whose disk failed when it learned of its successor writes it down the next time that it is told", async () => {
  const [a, b] = await drPair();
  set.network.cut("b", a.address);
  await until("b noticed", () => !b.isStreaming("dr"));
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  const { barrier } = a.core;
  const commit = barrier.commit.bind(barrier);
  let failed = 0;
  jest.spyOn(barrier, "commit").mockImplementation((operations, change) => {
    const isFence = operations.some((operation) => JSON.stringify(operation).includes("/fence"));
    if (!isFence || failed > 0) return commit(operations, change);
    failed += 1;
    return Promise.reject(new Error("the disk failed"));
  });
  set.network.mend("b", a.address);
  await until("b says that a knows", () =>
    set.logLines.some((line) => /^b info the former primary was told/.test(line)),
  );
  expect(failed).toBe(1);
  await b.close();
  await a.restart();
  expect(isFenced(a)).toBe(true);
});

test("the successor tells it although the successor was restarted meanwhile", async () => {
  const [a, b] = await drPair();
  await takeOver(a, b);
  await b.restart();
  await a.open();
  await until("a is fenced", () => isFenced(a));
});

test("nobody can follow a fenced primary, whatever it knows itself", async () => {
  const [a, b] = await drPair();
  const c = await set.start("c");
  await link(a, c, "performance");
  await until("c is equal", () => isEqual(a, c, "performance"));
  set.network.cut("c", b.address);
  await takeOver(a, b);
  await a.open();
  await until("a is fenced", () => isFenced(a));
  await until("c is refused", () => set.logLines.some((line) => /^c .*was replaced as primary/.test(line)));
  expect(c.isStreaming("performance")).toBe(false);
  expect(c.replication.state().performance).toBe("secondary");
});

test("a fenced primary becomes a secondary of its successor, and may be promoted again", async () => {
  const [a, b] = await drPair();
  await takeOver(a, b);
  await a.open();
  await until("a is fenced", () => isFenced(a));
  await a.replication.demotePrimary("dr", { targetId: undefined, signal: never });
  const wrap = await b.replication.issueSecondaryToken("dr", { id: "a", ttlSeconds: 60, creationPath: "p" });
  await a.replication.updatePrimary("dr", { token: wrap.token, api: NO_API, addresses: [] });
  await until("a follows", () => isEqual(b, a, "dr"));
  await b.replication.demotePrimary("dr", { targetId: "a", signal: never });
  await a.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: false });
  await putKey(a.core, "data/m1/k", "again");
  await a.restart();
  expect(a.status("dr").state).toBe("running");
  await putKey(a.core, "data/m1/k", "and again");
});

test("a replaced primary knows nothing of what its successor holds, and recommends it to nobody", async () => {
  const [a, b] = await drPair();
  await takeOver(a, b);
  await a.open();
  await until("a is fenced", () => isFenced(a));
  expect(a.status("dr")).toMatchObject({ known_secondaries: ["b"], secondaries: [] });
  const plan = await a.replication.failoverPlan("dr");
  expect(plan).toMatchObject({ recommended_target: "", secondaries: [{ node_id: "b", last_remote_wal: null }] });
});

test("an operator's override begins an epoch of its own: the two refuse each other from then on", async () => {
  const [a, b] = await drPair();
  const c = await set.start("c");
  await link(a, c, "performance");
  const addresses = () => JSON.stringify(c.status("performance").known_primary_cluster_addrs);
  await until("c learned b's address", () => addresses().includes(String(b.clusterPort)));
  await takeOver(a, b);
  await until("c follows b", () => c.isStreaming("performance"));
  await expect(b.replication.overrideFence("dr")).rejects.toThrow("nothing to override");
  await a.open();
  await until("a is fenced", () => isFenced(a));
  await b.close();
  const fencedModes = (["performance", "dr"] as const).filter((mode) => a.status(mode).state === "fenced");
  expect(fencedModes).toEqual(["performance", "dr"]);
  await until(
    "c has told a too",
    () => set.logLines.filter((line) => /^a error this cluster was repl/.test(line)).length === 2,
  );
  await a.replication.overrideFence("dr");
  await expect(putKey(a.core, "data/m1/k", "x")).rejects.toMatchObject({ code: "fenced" });
  await a.replication.overrideFence("performance");
  await putKey(a.core, "data/m1/k", "by hand");
  await a.restart();
  expect(a.status("dr").state).toBe("running");
  await until("c is refused", () => set.logLines.some((line) => /^c .*two clusters were promoted/.test(line)), 15_000);
  expect(c.isStreaming("performance")).toBe(false);
}, 30_000);

test("a cluster that was replaced in both modes follows its successor after a demotion in DR mode alone", async () => {
  const [a, b] = await drPair();
  const c = await set.start("c");
  await link(a, c, "performance");
  const addresses = () => JSON.stringify(c.status("performance").known_primary_cluster_addrs);
  await until("c learned b's address", () => addresses().includes(String(b.clusterPort)));
  await takeOver(a, b);
  await until("c follows b", () => c.isStreaming("performance"));
  await b.close();
  await a.open();
  const told = (): number => set.logLines.filter((line) => /^a error this cluster was repl/.test(line)).length;
  await until("c has told a", () => told() === 1, 20_000);
  await b.open();
  await until("b has told a too", () => told() === 2, 20_000);
  await a.replication.demotePrimary("dr", { targetId: undefined, signal: never });
  const wrap = await b.replication.issueSecondaryToken("dr", { id: "a", ttlSeconds: 60, creationPath: "p" });
  await a.replication.updatePrimary("dr", { token: wrap.token, api: NO_API, addresses: [] });
  await until("a follows", () => isEqual(b, a, "dr"));
  await b.replication.demotePrimary("dr", { targetId: "a", signal: never });
  await a.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: false });
  await putKey(a.core, "data/m1/k", "again");
  expect(a.status("performance").state).toBe("running");
}, 40_000);

/** `c`, a secondary of `a` in the mode, has met `b`, which was promoted over `a`, and lost it before anything was brought over. */
async function metItsSuccessor(mode: "performance" | "dr"): Promise<readonly [TestNode, TestNode, TestNode]> {
  const [a, b] = await drPair();
  const c = await set.start("c");
  await link(a, c, mode);
  const knowsB = () => JSON.stringify(c.status(mode).known_primary_cluster_addrs).includes(String(b.clusterPort));
  await until("c knows b, and is equal", () => knowsB() && isEqual(a, c, mode));
  set.network.cut("c", b.address);
  await takeOver(a, b);
  await putKey(b.core, "data/m1/k", "on b");
  await b.core.log.truncate(b.core.log.lastIndex());
  set.network.tap = ({ kind }) => {
    if (kind === "diff") set.network.cut("c", b.address);
  };
  set.network.mend("c", b.address);
  await c.replication.recover(mode);
  await until("the diff has begun and ended", () =>
    set.logLines.some((line) => /^c info .*"from":"merkle-diff","to":"idle"/.test(line)),
  );
  set.network.tap = () => undefined;
  return [a, b, c];
}

test.each([
  ["performance", false],
  ["performance", true],
  ["dr", false],
  ["dr", true],
] as const)(
  "who has met the successor in %s mode says so to the old primary, although nothing was brought over, restarted or not (%s)",
  async (mode, restarts) => {
    const [a, b, c] = await metItsSuccessor(mode);
    await b.close();
    if (restarts) await c.restart();
    await a.open();
    await c.replication.recover(mode);
    await until("c has come back to a", () => ["fenced", "running"].includes(String(a.status(mode).state)), 20_000);
    await expect(putKey(a.core, "data/m1/k", "late")).rejects.toMatchObject({ status: 503 });
    expect(a.status(mode).state).toBe("fenced");
    set.network.mend("c", b.address);
    await b.open();
    await until("c is equal", () => isEqual(b, c, mode), 20_000);
    expect(await getKey(c.core, "data/m1/k")).toBe("on b");
  },
  60_000,
);
