import { getKey, putKey, putMount } from "./test-cluster";
import { isEqual, keepWriting, link, NO_API, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(() => set.close());

async function token(id = "b", mode: "performance" | "dr" = "performance", ttlSeconds = 60) {
  const a = await set.start("a");
  await a.replication.enablePrimary(mode, { primaryClusterAddress: "" });
  const wrap = await a.replication.issueSecondaryToken(mode, { id, ttlSeconds, creationPath: "p" });
  return { a, token: wrap.token, wrap };
}

test("a DR secondary holds local data too and serves as a copy of everything", async () => {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await putKey(a.core, "core/token/x", "t", "local");
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  expect(await getKey(b.core, "core/token/x", "local")).toBe("t");
  await putKey(a.core, "core/token/y", "u", "local");
  await until("roots are equal", () => isEqual(a, b, "dr"));
  expect(await getKey(b.core, "core/token/y", "local")).toBe("u");
  await expect(putKey(b.core, "core/token/z", "v", "local")).rejects.toMatchObject({ code: "read_only" });
  expect(b.replication.state()).toEqual({ performance: "disabled", dr: "secondary" });
});

test("a cluster is performance and DR primary at once, with several secondaries", async () => {
  const [a, b, c, d] = [await set.start("a"), await set.start("b"), await set.start("c"), await set.start("d")];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "performance");
  await link(a, c, "performance");
  await link(a, d, "dr");
  for (let n = 0; n < 50; n += 1) await putKey(a.core, `data/m1/k${n}`, `${n}`, n % 3 === 0 ? "local" : "replicated");
  await until(
    "all are equal",
    () => isEqual(a, b, "performance") && isEqual(a, c, "performance") && isEqual(a, d, "dr"),
  );
  expect(a.status("performance").known_secondaries).toEqual(["b", "c"]);
  expect(a.status("dr").known_secondaries).toEqual(["d"]);
});

test("a token opens once", async () => {
  const { token: activation } = await token();
  const [b, c] = [await set.start("b"), await set.start("c")];
  await b.replication.enableSecondary("performance", { token: activation, api: NO_API });
  await expect(c.replication.enableSecondary("performance", { token: activation, api: NO_API })).rejects.toMatchObject({
    code: "invalid_request",
    publicText: expect.stringContaining("used already or has expired"),
  });
});

test("an altered token and one of another cluster are refused", async () => {
  const { token: activation } = await token();
  const [b, c] = [await set.start("b"), await set.start("c")];
  const [header = "", payload = "", signature = ""] = activation.split(".");
  const forged = `${header}.${payload}.${signature.slice(0, -8)}AAAAAAAA`;
  const attempt = (given: string, api = NO_API) => b.replication.enableSecondary("performance", { token: given, api });
  await expect(attempt(forged)).rejects.toMatchObject({ publicText: expect.stringContaining("was altered") });
  await expect(attempt("nonsense")).rejects.toMatchObject({
    publicText: expect.stringContaining("no activation token"),
  });
  await c.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await c.replication.issueSecondaryToken("performance", { id: "b", ttlSeconds: 60, creationPath: "p" });
  const elsewhere = { ...NO_API, address: "https://c:8200" };
  await expect(attempt(activation, elsewhere)).rejects.toMatchObject({
    publicText: expect.stringContaining("not made by this cluster"),
  });
  await attempt(activation);
});

test("a token for one mode does not open the other", async () => {
  const { token: activation } = await token();
  const b = await set.start("b");
  await expect(b.replication.enableSecondary("dr", { token: activation, api: NO_API })).rejects.toMatchObject({
    publicText: expect.stringContaining("for performance replication"),
  });
});

test("a revoked secondary is dropped at once and for good", async () => {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await link(a, b, "performance");
  await a.replication.revokeSecondary("performance", "b");
  await until("the stream ends", () => !b.isStreaming("performance"));
  await putKey(a.core, "data/m1/later", "x");
  await b.restart();
  await until("it tried again", () => b.status("performance").connection_state === "transient_failure");
  expect(await getKey(b.core, "data/m1/later")).toBeUndefined();
  expect(set.logLines.some((line) => line.includes("not_a_member"))).toBe(true);
  expect(a.status("performance").known_secondaries).toEqual([]);
});

test("commands that the role does not allow are refused with a reason", async () => {
  const [a, b] = [await set.start("a"), await set.start("b")];
  const { replication } = a;
  await expect(replication.revokeSecondary("dr", "x")).rejects.toMatchObject({ code: "invalid_request" });
  await replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await expect(replication.enablePrimary("performance", { primaryClusterAddress: "" })).rejects.toThrow("already");
  await expect(
    replication.issueSecondaryToken("performance", { id: "../x", ttlSeconds: 60, creationPath: "p" }),
  ).rejects.toThrow("id must be");
  await link(a, b, "performance");
  await expect(b.replication.enablePrimary("performance", { primaryClusterAddress: "" })).rejects.toThrow("promote it");
  await expect(
    replication.issueSecondaryToken("performance", { id: "b", ttlSeconds: 60, creationPath: "p" }),
  ).rejects.toThrow("is connected");
});

test("a restart of either side in the middle of a snapshot only delays it", async () => {
  const a = await set.start("a", { chunkPairs: 20 });
  for (let n = 0; n < 300; n += 1) await putKey(a.core, `data/m1/k${n}`, `${n}`);
  await putMount(a.core, "m1", "secret/");
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  const b = await set.start("b");
  const wrap = await a.replication.issueSecondaryToken("performance", { id: "b", ttlSeconds: 60, creationPath: "p" });
  let chunks = 0;
  let firstRequests = 0;
  set.network.tap = ({ toServer, kind, bytes }) => {
    if (kind !== "snapshot") return;
    if (toServer && bytes[0] === 0) firstRequests += 1;
    if (!toServer) chunks += 1;
    if (!toServer && (chunks === 3 || chunks === 6)) set.network.cut("b", a.address);
  };
  await b.replication.enableSecondary("performance", { token: wrap.token, api: NO_API });
  await until("some chunks came", () => chunks >= 3);
  expect(b.replication.state().performance).toBe("bootstrapping");
  await expect(putKey(b.core, "data/x/y", "z")).rejects.toMatchObject({ code: "draining" });
  await b.restart();
  set.network.mend("b", a.address);
  await until("more chunks came", () => chunks >= 6);
  await a.restart();
  await putKey(a.core, "data/m1/k0", "changed");
  set.network.mend("b", a.address);
  await until("it streams", () => b.isStreaming("performance"));
  await until("roots are equal", () => isEqual(a, b, "performance"));
  expect(await getKey(b.core, "data/m1/k0")).toBe("changed");
  expect(firstRequests).toBe(1);
});

test("writes during a snapshot all arrive", async () => {
  const a = await set.start("a", { chunkPairs: 10 });
  const b = await set.start("b");
  for (let n = 0; n < 200; n += 1) await putKey(a.core, `data/m1/k${n}`, `${n}`);
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  const stop = keepWriting((n) =>
    putKey(a.core, `data/m1/k${(n * 7) % 250}`, `w${n}`, n % 4 === 0 ? "local" : "replicated"),
  );
  await link(a, b, "dr");
  expect(await stop()).toBeGreaterThan(0);
  await until("roots are equal", () => isEqual(a, b, "dr"));
});

test("a secondary that lost its link catches up from where it stood", async () => {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await link(a, b, "performance");
  const opened = b.opened;
  set.network.cut("b", a.address);
  for (let n = 0; n < 30; n += 1) await putKey(a.core, `data/m1/k${n}`, "x");
  await until("it noticed", () => !b.isStreaming("performance"));
  set.network.mend("b", a.address);
  await until("roots are equal", () => isEqual(a, b, "performance"));
  expect(b.opened).toBe(opened);
  expect(b.status("performance").primaries).toMatchObject([{ connection_status: "connected" }]);
});
