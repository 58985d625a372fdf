import type { ForwardedRequest } from "../../sdk/replication";
import type { TokenFacts } from "../../sdk/token";
import { getKey, putMount } from "./test-cluster";
import { link, type TestNode, TestSet, until } from "./test-set";

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
