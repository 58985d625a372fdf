import { getKey, putKey } from "./test-cluster";
import { isEqual, link, NO_API, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(() => set.close());

const never = new AbortController().signal;
const MODES = ["performance", "dr"] as const;
type Mode = (typeof MODES)[number];

async function pair(mode: Mode): Promise<readonly [TestNode, TestNode]> {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary(mode, { primaryClusterAddress: "" });
  await link(a, b, mode);
  await putKey(a.core, "data/m1/k", "1");
  await until("b is equal", () => isEqual(a, b, mode));
  return [a, b];
}

async function follow(secondary: TestNode, primary: TestNode, mode: Mode, id: string): Promise<void> {
  const wrap = await primary.replication.issueSecondaryToken(mode, { id, ttlSeconds: 60, creationPath: "p" });
  await secondary.replication.updatePrimary(mode, { token: wrap.token, api: NO_API, addresses: [] });
}

test.each(MODES)("%s primary/disable cuts the secondaries off for good; enabling again is a new set", async (mode) => {
  const [a, b] = await pair(mode);
  const former = a.status(mode).cluster_id;
  expect(await a.replication.disablePrimary(mode)).toEqual([expect.stringContaining("having replication disabled")]);
  expect(a.status(mode)).toEqual({ mode: "disabled" });
  await until("b lost it", () => b.status(mode).connection_state === "transient_failure");
  expect(b.status(mode)).toMatchObject({ mode: "secondary", state: "idle", cluster_id: former });
  expect(await getKey(b.core, "data/m1/k")).toBe("1");
  await putKey(a.core, "data/m1/k", "2");
  await a.replication.enablePrimary(mode, { primaryClusterAddress: "" });
  expect(a.status(mode).cluster_id).not.toBe(former);
  expect(a.status(mode).known_secondaries).toEqual([]);
  const wrap = await a.replication.issueSecondaryToken(mode, { id: "b", ttlSeconds: 60, creationPath: "p" });
  await expect(
    b.replication.updatePrimary(mode, { token: wrap.token, api: NO_API, addresses: [] }),
  ).rejects.toMatchObject({ code: "invalid_request", publicText: expect.stringContaining("of the replication set") });
  await b.replication.disableSecondary(mode);
  await link(a, b, mode, "b2");
  expect(await getKey(b.core, "data/m1/k")).toBe("2");
});

test.each(MODES)("%s secondary/disable keeps the data and makes a cluster of its own", async (mode) => {
  const [a, b] = await pair(mode);
  expect(await b.replication.disableSecondary(mode)).toEqual([expect.stringContaining("having replication disabled")]);
  expect(b.replication.state()).toEqual({ performance: "disabled", dr: "disabled" });
  await until("a noticed", () => JSON.stringify(a.status(mode).secondaries).includes("disconnected"));
  await putKey(a.core, "data/m1/k", "2");
  await putKey(b.core, "data/m1/own", "b's");
  expect(await getKey(b.core, "data/m1/k")).toBe("1");
  await b.restart();
  expect(b.replication.state()).toEqual({ performance: "disabled", dr: "disabled" });
  await b.replication.enablePrimary(mode, { primaryClusterAddress: "" });
  expect(b.core.barrier.lineage(mode)).toHaveLength(1);
});

test('update-primary with "" forgets the primary and stays a secondary, over restarts', async () => {
  const [a, b] = await pair("performance");
  await b.replication.updatePrimary("performance", { token: "", api: NO_API, addresses: [] });
  await b.restart();
  expect(b.status("performance")).toMatchObject({
    mode: "secondary",
    state: "idle",
    secondary_id: "",
    primary_cluster_addr: "",
    primaries: [],
  });
  await expect(putKey(b.core, "data/m1/k", "x")).rejects.toMatchObject({ code: "read_only" });
  await putKey(a.core, "data/m1/k", "2");
  await expect(
    b.replication.updatePrimary("performance", { token: undefined, api: NO_API, addresses: ["127.0.0.1:9"] }),
  ).rejects.toThrow("no credentials");
  await follow(b, a, "performance", "b2");
  await until("b follows again", async () => (await getKey(b.core, "data/m1/k")) === "2");
  expect(b.opened).toBe(3);
});

test("update_primary_addrs sends a secondary to another address with the credentials that it has", async () => {
  const [a, b] = [await set.start("a"), await set.start("b")];
  const c = await set.start("c");
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, c, "performance");
  await link(a, b, "dr");
  await until("b is equal", () => isEqual(a, b, "dr"));
  set.network.cut("c", b.address);
  await a.close();
  await until("b noticed", () => !b.isStreaming("dr"));
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  set.network.mend("c", b.address);
  const addresses = ["127.0.0.1:9", b.address];
  await expect(c.replication.updatePrimary("performance", { token: "t", api: NO_API, addresses })).rejects.toThrow(
    "exclude each other",
  );
  await expect(
    c.replication.updatePrimary("performance", { token: undefined, api: NO_API, addresses: ["no address"] }),
  ).rejects.toThrow("is no cluster address");
  await expect(
    c.replication.updatePrimary("performance", { token: undefined, api: NO_API, addresses: [] }),
  ).rejects.toThrow("give either token or update_primary_addrs");
  for (const bad of [Array.from({ length: 65 }, () => b.address), [b.address, ""]]) {
    await expect(
      c.replication.updatePrimary("performance", { token: undefined, api: NO_API, addresses: bad }),
    ).rejects.toThrow("update_primary_addrs");
  }
  const warnings = await c.replication.updatePrimary("performance", { token: undefined, api: NO_API, addresses });
  expect(warnings).toEqual(["This cluster has been successfully informed of its primary."]);
  expect(c.status("performance").primary_cluster_addr).toBe(b.address);
  await until("c follows b", () => isEqual(b, c, "performance"));
  expect(c.opened).toBe(2);
});

test("update_primary_addrs of which none answers are tried until one does", async () => {
  const [a, b] = await pair("performance");
  set.network.cut("b", a.address);
  const addresses = [a.address, "127.0.0.1:9"];
  const warnings = await b.replication.updatePrimary("performance", { token: undefined, api: NO_API, addresses });
  expect(warnings).toEqual([expect.stringContaining("None of its addresses answers yet")]);
  expect(b.status("performance").primary_cluster_addr).toBe(a.address);
  await putKey(a.core, "data/m1/k", "2");
  set.network.mend("b", a.address);
  await until("b follows again", async () => (await getKey(b.core, "data/m1/k")) === "2");
});

test.each([
  ["an address", async () => ({ token: undefined, api: NO_API, addresses: ["10.0.0.1:9"] })],
  [
    "the API that opens a token",
    async (a: TestNode) => {
      const wrap = await a.replication.issueSecondaryToken("performance", {
        id: "b2",
        ttlSeconds: 60,
        creationPath: "p",
      });
      return { token: wrap.token, api: NO_API, addresses: [] };
    },
  ],
] as const)("a promotion does not wait for %s that does not answer update-primary", async (_, requestOf) => {
  let answer = (): void => undefined;
  const silence = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let asked = false;
  set.aroundTransport = (name, transport) => ({
    ...transport,
    dial: async (options) => {
      if (name === "b" && options.address === "10.0.0.1:9") {
        asked = true;
        await silence;
      }
      return await transport.dial(options);
    },
  });
  const [a, b] = await pair("performance");
  const unwrapHere = a.unwrapHere.bind(a);
  a.unwrapHere = async (token) => {
    asked = true;
    await silence;
    return await unwrapHere(token);
  };
  const update = b.replication.updatePrimary("performance", await requestOf(a)).then(
    () => "updated",
    (error: Error) => error.message,
  );
  await until("somebody was asked", () => asked);
  await b.replication.promoteSecondary("performance", { primaryClusterAddress: "", force: true });
  await putKey(b.core, "data/m1/k", "b's own");
  answer();
  expect(await update).toContain("is not a performance secondary");
  expect(b.status("performance").mode).toBe("primary");
  await putKey(b.core, "data/m1/k", "b's own still");
});

test("a revoked secondary sees that it is cut off, keeps what it has and can be given a new token", async () => {
  const [a, b] = await pair("performance");
  await a.replication.revokeSecondary("performance", "b");
  await until("b sees it", () => b.status("performance").connection_state === "transient_failure");
  expect(b.status("performance")).toMatchObject({ mode: "secondary", state: "idle", secondary_id: "b" });
  expect(JSON.stringify(b.status("performance").primaries)).toContain("disconnected");
  expect(a.status("performance")).toMatchObject({ known_secondaries: [], secondaries: [] });
  await putKey(a.core, "data/m1/k", "2");
  await b.restart();
  await until("b tried again", () => b.status("performance").connection_state === "transient_failure");
  expect(await getKey(b.core, "data/m1/k")).toBe("1");
  await follow(b, a, "performance", "b");
  await until("b is equal", () => isEqual(a, b, "performance"));
});

test("a performance secondary is promoted, and the others are pointed to it with new tokens", async () => {
  const [a, b] = await pair("performance");
  const c = await set.start("c");
  await link(a, c, "performance");
  await a.replication.demotePrimary("performance", { targetId: "b", signal: never });
  await b.replication.promoteSecondary("performance", { primaryClusterAddress: "", force: false });
  expect(b.status("performance").known_secondaries).toEqual([]);
  await follow(c, b, "performance", "c");
  await follow(a, b, "performance", "a");
  await putKey(b.core, "data/m1/k", "from b");
  await until("both follow", () => isEqual(b, a, "performance") && isEqual(b, c, "performance"));
  expect(await getKey(c.core, "data/m1/k")).toBe("from b");
  expect([a.opened, b.opened, c.opened]).toEqual([1, 2, 2]);
});

/** `a` primary of both, `b` its DR secondary, `c` performance secondary with its own DR secondary `d`. */
async function four(): Promise<Record<"a" | "b" | "c" | "d", TestNode>> {
  const [a, b] = [await set.start("a"), await set.start("b")];
  const [c, d] = [await set.start("c"), await set.start("d")];
  for (const mode of MODES) await a.replication.enablePrimary(mode, { primaryClusterAddress: "" });
  await link(a, b, "dr", "b");
  await link(a, c, "performance", "c");
  await c.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(c, d, "dr", "d");
  await putKey(a.core, "data/m1/k", "1");
  await putKey(c.core, "core/token/c", "c's", "local");
  const allEqual = () => isEqual(a, b, "dr") && isEqual(a, c, "performance") && isEqual(c, d, "dr");
  await until("all four are equal", allEqual);
  return { a, b, c, d };
}

test("four clusters: D takes the place of C, with C's name, tokens and credentials; C comes back fenced, then as its DR", async () => {
  const { a, c, d } = await four();
  expect(d.replication.state()).toEqual({ performance: "disabled", dr: "secondary" });
  await c.close();
  await until("d noticed", () => !d.isStreaming("dr"));
  await d.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  expect(d.replication.state()).toEqual({ performance: "secondary", dr: "primary" });
  await until("d follows a", () => isEqual(a, d, "performance"));
  expect(d.status("performance")).toMatchObject({ secondary_id: "c", cluster_id: a.status("performance").cluster_id });
  expect(await getKey(d.core, "core/token/c", "local")).toBe("c's");
  await putKey(a.core, "data/m1/k", "2");
  await until("d has it", async () => (await getKey(d.core, "data/m1/k")) === "2");
  await putKey(d.core, "core/token/d", "d's", "local");
  await expect(putKey(d.core, "data/m1/k", "x")).rejects.toMatchObject({ code: "read_only" });
  await c.open();
  await until("c is fenced", () => c.status("dr").state === "fenced");
  await expect(putKey(c.core, "core/token/late", "x", "local")).rejects.toMatchObject({ code: "fenced" });
  await until("d has the link to itself", () => isEqual(a, d, "performance") && !c.isStreaming("performance"));
  await c.replication.demotePrimary("dr", { targetId: undefined, signal: never });
  await follow(c, d, "dr", "c");
  await until("c is d's copy", () => isEqual(d, c, "dr"));
  expect(await getKey(c.core, "core/token/d", "local")).toBe("d's");
  await until("d still follows a", () => isEqual(a, d, "performance"));
}, 30_000);

test("four clusters: B takes the place of A; C finds it, and D goes on with C", async () => {
  const { a, b, c, d } = await four();
  await a.close();
  await until("b noticed", () => !b.isStreaming("dr"));
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  await putKey(b.core, "data/m1/k", "from b");
  await until("c follows b", () => isEqual(b, c, "performance"), 15_000);
  await until("d follows c", async () => (await getKey(d.core, "data/m1/k")) === "from b" && isEqual(c, d, "dr"));
}, 30_000);

test.each(["b", "d"] as const)(
  "four clusters: nothing happens to the others when %s dies, and it catches up",
  async (name) => {
    const nodes = await four();
    await nodes[name].close();
    await putKey(nodes.a.core, "data/m1/k", "2");
    await until("c has it", async () => (await getKey(nodes.c.core, "data/m1/k")) === "2");
    await nodes[name].open();
    const upstream = name === "b" ? nodes.a : nodes.c;
    await until("it is equal again", () => isEqual(upstream, nodes[name], "dr"));
  },
  20_000,
);

test.each(["performance", "dr"] as const)(
  "what is written after %s replication was disabled is in no epoch of the set",
  async (mode) => {
    const [a, b] = [await set.start("a"), await set.start("b")];
    await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
    if (mode === "dr") await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
    await link(a, b, mode);
    await until("b is equal", () => isEqual(a, b, mode));
    await b.replication.disableSecondary(mode);
    await a.replication.disablePrimary(mode);
    for (const node of [b, a]) {
      const index = await putKey(node.core, "data/m1/k", "alone");
      const [entry] = await node.core.log.readBatch(index - 1, 1);
      expect(entry?.epochs[mode]).toEqual({ number: 0, clusterId: "" });
      await node.restart();
      expect(node.core.barrier.lineage(mode)).toEqual([]);
    }
    const [last] = await b.core.log.readBatch(b.core.log.lastIndex() - 1, 1);
    expect(last?.epochs.performance).toEqual({ number: 0, clusterId: "" });
    await b.replication.enablePrimary(mode, { primaryClusterAddress: "" });
    expect(b.core.barrier.lineage(mode)).toMatchObject([{ epoch: { number: 1, clusterId: b.core.identity.id } }]);
  },
);
