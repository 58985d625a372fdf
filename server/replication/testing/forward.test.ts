import type { ForwardedRequest } from "../../sdk/replication";
import type { TokenFacts } from "../../sdk/token";
import { getKey, putKey, putMount } from "./test-cluster";
import { link, NO_API, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(() => set.close());

const never = new AbortController().signal;

const facts: TokenFacts = Object.freeze({
  idHash: "h",
  accessor: "a",
  type: "service",
  path: "auth/userpass/login/anna",
  displayName: "anna",
  policies: ["default"],
  metadata: new Map([["__proto__", "x"]]),
  entityId: "",
  orphan: true,
  renewable: true,
  numUsesLeft: 0,
  creationTimeSeconds: 1,
  expireTimeMilliseconds: 2,
  boundCidrs: [],
});

function request(caller: ForwardedRequest["caller"], path = "data/m1/k"): ForwardedRequest {
  return {
    id: "r1",
    caller,
    operation: "update",
    path,
    query: new Map([["list", ["true"]]]),
    body: Buffer.from("forwarded"),
    contentType: undefined,
    remoteAddress: "127.0.0.1",
    wrapTtlSeconds: undefined,
  };
}

async function pair(mode: "performance" | "dr"): Promise<readonly [TestNode, TestNode]> {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary(mode, { primaryClusterAddress: "" });
  await link(a, b, mode);
  return [a, b];
}

test("a forwarded write is answered by the primary and readable here once its index is applied", async () => {
  const [, b] = await pair("performance");
  for (let n = 0; n < 20; n += 1) {
    const answer = await b.replication.forward(
      "performance",
      request({ kind: "facts", facts }, `data/m1/k${n}`),
      never,
    );
    expect(answer).toMatchObject({ status: 200, headers: [["X-Test", "yes"]] });
    expect(answer.body.toString()).toBe("by anna");
    expect(await b.replication.waitUntilApplied("performance", answer, never)).toBe(true);
    expect(await getKey(b.core, `data/m1/k${n}`)).toBe("forwarded");
  }
});

test("the primary learns that nobody waits for its answer any more", async () => {
  const [a, b] = await pair("performance");
  const abort = new AbortController();
  const asked = b.replication.forward(
    "performance",
    request({ kind: "facts", facts }, "wait/data/m1/noted"),
    abort.signal,
  );
  const refused = expect(asked).rejects.toMatchObject({ code: "primary_unreachable" });
  await new Promise((settle) => setTimeout(settle, 30));
  expect(await getKey(a.core, "data/m1/noted")).toBeUndefined();
  abort.abort();
  await refused;
  await until("it is noted", async () => (await getKey(a.core, "data/m1/noted")) === "left");
  const gone = b.replication.forward("performance", request({ kind: "facts", facts }, "data/m1/late"), abort.signal);
  await expect(gone).rejects.toMatchObject({ code: "primary_unreachable" });
  expect(await getKey(a.core, "data/m1/late")).toBeUndefined();
});

test("a DR secondary forwards the token as it came, and may not speak for anybody", async () => {
  const [, b] = await pair("dr");
  const answer = await b.replication.forward("dr", request({ kind: "token", token: Buffer.from("hvs.t") }), never);
  expect(answer.body.toString()).toBe("by hvs.t");
  await expect(b.replication.forward("dr", request({ kind: "facts", facts }), never)).rejects.toMatchObject({
    code: "permission_denied",
  });
});

test("what a cluster must settle itself is never taken from another", async () => {
  const [, b] = await pair("performance");
  const forwarded = request({ kind: "facts", facts }, "sys/replication/performance/primary/demote");
  await expect(b.replication.forward("performance", forwarded, never)).rejects.toMatchObject({
    code: "permission_denied",
  });
});

test("an error of the primary comes back with its code, and an absent primary is said to be unreachable", async () => {
  const [a, b] = await pair("performance");
  const failing = request({ kind: "facts", facts }, "fail");
  await expect(b.replication.forward("performance", failing, never)).rejects.toMatchObject({
    code: "permission_denied",
  });
  await a.close();
  await expect(b.replication.forward("performance", request({ kind: "facts", facts }), never)).rejects.toMatchObject({
    code: "primary_unreachable",
  });
});

test("a use-limited credential is counted where the set's primary is", async () => {
  const [a, b] = await pair("performance");
  await putMount(a.core, "m1", "auth/m1/");
  const answer = await b.replication.callPrimary("m1", "take", new Map([["n", 1]]));
  expect(answer.get("ran")).toBe("a");
  expect((await a.replication.callPrimary("m1", "take", new Map())).get("ran")).toBe("a");
});

test("a mount that the filter leaves out is not reached through the primary either", async () => {
  const [a, b] = await pair("performance");
  await putMount(a.core, "m1", "secret/");
  await putMount(a.core, "m2", "open/");
  await a.replication.writePathsFilter("b", { mode: "deny", paths: ["secret/"] });
  const reach = async (path: string): Promise<string> => {
    const forwarded = request({ kind: "facts", facts }, `reach/${path}`);
    return (await b.replication.forward("performance", forwarded, never)).body.toString();
  };
  expect([await reach("secret/"), await reach("open/"), await reach("sys/")]).toEqual(["false", "true", "true"]);
  const call = (mountId: string) => b.replication.callPrimary(mountId, "take", new Map());
  await expect(call("m1")).rejects.toMatchObject({ code: "permission_denied" });
  await expect(call("local or unknown")).rejects.toMatchObject({ code: "permission_denied" });
  expect((await call("m2")).get("ran")).toBe("a");
});

test("waiting for what never comes ends, and says so", async () => {
  const [a, b] = await pair("performance");
  const abort = new AbortController();
  const far = { epoch: a.replication.numbering("performance"), index: a.core.log.lastIndex() + 100 };
  const waiting = b.replication.waitUntilApplied("performance", far, abort.signal);
  await until("it waits", () => true);
  abort.abort();
  expect(await waiting).toBe(false);
});

test("a secondary that follows nobody holds what it wrote itself, and nothing that it was not told of", async () => {
  const [a, b] = await pair("performance");
  const epoch = a.replication.numbering("performance");
  const own = { epoch, index: await putKey(a.core, "data/m1/k", "v") };
  await b.replication.waitUntilApplied("performance", own, never);
  await a.replication.demotePrimary("performance", { targetId: undefined, signal: never });
  const beyond = { epoch, index: a.core.log.lastIndex() + 1 };
  const elsewhere = { epoch: { number: 2, clusterId: b.core.identity.id }, index: 1 };
  const standings = [own, beyond, elsewhere].map((at) => a.replication.standing("performance", at));
  expect(standings).toEqual(["held", "awaited", "awaited"]);
  for (const at of [beyond, elsewhere]) {
    expect(await a.replication.waitUntilApplied("performance", at, never)).toBe(false);
  }
});

test("after an unplanned promotion what was shipped is held in the old numbering, and what was not never is", async () => {
  const [a, b] = await pair("dr");
  const epoch = a.replication.numbering("dr");
  const shipped = { epoch, index: await putKey(a.core, "data/m1/shipped", "v") };
  expect(await b.replication.waitUntilApplied("dr", shipped, never)).toBe(true);
  set.network.cut("b", a.address);
  const lost = { epoch, index: await putKey(a.core, "data/m1/lost", "v") };
  expect(b.replication.standing("dr", lost)).toBe("awaited");
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  const promoted = { epoch: b.replication.numbering("dr"), index: 0 };
  for (let n = 0; n < 100; n += 1) promoted.index = await putKey(b.core, "data/m1/k", String(n));
  expect(promoted.index).toBeGreaterThan(lost.index);
  const standings = [shipped, lost, promoted].map((at) => b.replication.standing("dr", at));
  expect(standings).toEqual(["held", "absent", "held"]);
  expect(a.replication.standing("dr", promoted)).toBe("awaited");
  // The old one rejoins: its own lost write is no more there than anywhere else.
  await a.replication.demotePrimary("dr", { targetId: undefined, signal: never });
  const wrap = await b.replication.issueSecondaryToken("dr", { id: "a", ttlSeconds: 60, creationPath: "test" });
  await a.replication.updatePrimary("dr", { token: wrap.token, api: NO_API, addresses: [] });
  await until("a holds what b wrote", () => a.replication.standing("dr", promoted) === "held");
  expect([shipped, lost].map((at) => a.replication.standing("dr", at))).toEqual(["held", "absent"]);
  expect(await getKey(a.core, "data/m1/lost")).toBeUndefined();
});
