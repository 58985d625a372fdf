import { decodeFrame } from "../stream/frames";
import { getKey, putKey } from "./test-cluster";
import { isEqual, keepWriting, link, NO_API, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(() => set.close());

const never = new AbortController().signal;

async function pair(mode: "performance" | "dr"): Promise<readonly [TestNode, TestNode]> {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary(mode, { primaryClusterAddress: "" });
  await link(a, b, mode);
  return [a, b];
}

/** Hands over as an operator would, then makes the old primary follow the new one. */
async function handOver(from: TestNode, to: TestNode, targetId: string, returnId: string): Promise<void> {
  await from.replication.demotePrimary("dr", { targetId, signal: never });
  await to.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: false });
  const wrap = await to.replication.issueSecondaryToken("dr", { id: returnId, ttlSeconds: 60, creationPath: "p" });
  await from.replication.updatePrimary("dr", { token: wrap.token, api: NO_API, addresses: [] });
}

test("a planned failover and the way back lose no acknowledged write, and need no snapshot", async () => {
  const [a, b] = await pair("dr");
  const [openedA, openedB] = [a.opened, b.opened];
  const acknowledged: string[] = [];
  let current = a;
  const stop = keepWriting(async (n) => {
    try {
      await putKey(current.core, `data/m1/w${n}`, `${n}`, n % 3 === 0 ? "local" : "replicated");
      acknowledged.push(`${n % 3 === 0 ? "local" : "replicated"} data/m1/w${n} ${n}`);
    } catch {
      current = current === a ? b : a;
    }
  });
  await until("some were written", () => acknowledged.length > 50);
  await handOver(a, b, "b", "a");
  await until("a follows", () => a.isStreaming("dr"));
  const middle = acknowledged.length;
  await until("more were written", () => acknowledged.length > middle + 50);
  await handOver(b, a, "a", "b");
  await until("b follows", () => b.isStreaming("dr"));
  await stop();
  await until("roots are equal", () => isEqual(a, b, "dr"));
  for (const line of acknowledged) {
    const [keyClass, key = "", value] = line.split(" ");
    for (const node of [a, b])
      expect(await getKey(node.core, key, keyClass === "local" ? "local" : "replicated")).toBe(value);
  }
  expect([a.opened, b.opened]).toEqual([openedA, openedB]);
  expect(a.core.barrier.lineage("dr").map((step) => step.epoch.number)).toEqual([1, 2, 3]);
});

test("a promoted DR cluster takes over the performance secondaries, which find it by themselves", async () => {
  const [a, b, c] = [await set.start("a"), await set.start("b"), await set.start("c")];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  await link(a, c, "performance");
  const addresses = () => JSON.stringify(c.status("performance").known_primary_cluster_addrs);
  await until("c learned b's address", () => addresses().includes(String(b.clusterPort)));
  await putKey(a.core, "data/m1/k", "1");
  await until("both are equal", () => isEqual(a, b, "dr") && isEqual(a, c, "performance"));
  const opened = c.opened;
  await a.close();
  await until("b noticed", () => !b.isStreaming("dr"));
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: false });
  expect(b.replication.state()).toEqual({ performance: "primary", dr: "primary" });
  await putKey(b.core, "data/m1/k", "2");
  await until("c follows b", async () => (await getKey(c.core, "data/m1/k")) === "2");
  await until("roots are equal", () => isEqual(b, c, "performance"));
  expect(c.opened).toBe(opened);
});

test("a primary that comes back after it was replaced is fenced by its own secondary", async () => {
  const [a, b, c] = [await set.start("a"), await set.start("b"), await set.start("c")];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  await link(a, c, "performance");
  const addresses = () => JSON.stringify(c.status("performance").known_primary_cluster_addrs);
  await until("c learned b's address", () => addresses().includes(String(b.clusterPort)));
  await until("b is equal", () => isEqual(a, b, "dr"));
  await a.close();
  await until("b noticed", () => !b.isStreaming("dr"));
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  await until("c follows b", () => c.isStreaming("performance"));
  await a.open();
  await b.close();
  await until("a is fenced", () => a.status("performance").state === "fenced", 15_000);
  await expect(putKey(a.core, "data/m1/k", "late")).rejects.toMatchObject({ code: "fenced" });
  expect(c.isStreaming("performance")).toBe(false);
}, 30_000);

test("a performance secondary is promoted and the old primary follows it", async () => {
  const [a, b] = await pair("performance");
  await putKey(a.core, "core/token/own", "a's", "local");
  await a.replication.demotePrimary("performance", { targetId: "b", signal: never });
  await expect(putKey(a.core, "data/m1/k", "x")).rejects.toMatchObject({ code: "read_only" });
  await putKey(a.core, "core/token/later", "a's", "local");
  await b.replication.promoteSecondary("performance", { primaryClusterAddress: "", force: false });
  const wrap = await b.replication.issueSecondaryToken("performance", { id: "a", ttlSeconds: 60, creationPath: "p" });
  await a.replication.updatePrimary("performance", { token: wrap.token, api: NO_API, addresses: [] });
  await putKey(b.core, "data/m1/k", "1");
  await until("a follows", async () => (await getKey(a.core, "data/m1/k")) === "1");
  expect(await getKey(a.core, "core/token/own", "local")).toBe("a's");
  expect(a.opened).toBe(1);
});

test("a demotion whose target is away changes nothing", async () => {
  const [a, b] = await pair("dr");
  set.network.cut("b", a.address);
  await until("b is away", () => !b.isStreaming("dr"));
  await expect(a.replication.demotePrimary("dr", { targetId: "b", signal: never })).rejects.toThrow("not connected");
  await putKey(a.core, "data/m1/k", "still primary");
  expect(a.replication.state().dr).toBe("primary");
});

test("a target that is still building has not caught up, whatever it acknowledges", async () => {
  set.settings = { drainMilliseconds: 300 };
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  const held: (() => void)[] = [];
  // All entries arrive, but not the word that they amount to what the primary holds.
  set.network.holding = ({ kind, toServer, bytes }) => {
    const isHeld = kind === "stream" && !toServer && decodeFrame(bytes).kind === "checkpoint";
    return isHeld ? new Promise<void>((resolve) => void held.push(resolve)) : undefined;
  };
  const wrap = await a.replication.issueSecondaryToken("dr", { id: "b", ttlSeconds: 60, creationPath: "p" });
  await b.replication.enableSecondary("dr", { token: wrap.token, api: NO_API });
  const seen = () => (a.status("dr").secondaries as readonly Record<string, unknown>[])[0];
  await until("b acknowledges", () => held.length > 0 && seen()?.last_remote_wal === a.core.log.lastIndex());
  const demotion = { targetId: "b", signal: never };
  await expect(a.replication.demotePrimary("dr", demotion)).rejects.toMatchObject({ code: "catching_up" });
  await putKey(a.core, "data/m1/k", "still primary");
  set.network.holding = () => undefined;
  for (const release of held) release();
  await until("b is equal", () => isEqual(a, b, "dr"));
  await a.replication.demotePrimary("dr", demotion);
});

test("a secondary that knows nothing of its primary yet is promoted by force only", async () => {
  const [a, b] = await pair("dr");
  await until("caught up", () => isEqual(a, b, "dr"));
  await a.close();
  const promote = (force: boolean) => b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force });
  let release = (): void => undefined;
  set.network.dialling = new Promise((resolve) => {
    release = resolve;
  });
  await b.restart();
  await expect(promote(false)).rejects.toMatchObject({ code: "catching_up", status: 503 });
  release();
  await until("b has tried", () => b.status("dr").connection_state === "transient_failure");
  await promote(false);
  expect(b.replication.state().dr).toBe("primary");
  await expect(promote(true)).rejects.toThrow("not a DR secondary");
});
