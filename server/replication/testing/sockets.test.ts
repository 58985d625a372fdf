import type { ForwardedRequest } from "../../sdk/replication";
import { getKey, putKey, putMount } from "./test-cluster";
import { isEqual, keepWriting, link, NO_API, TestSet, until } from "./test-set";

/** The same over real sockets, HTTP/2 and TLS 1.3 on 127.0.0.1. */
let set: TestSet;
beforeEach(() => {
  set = new TestSet(true);
});
afterEach(() => set.close());

const never = new AbortController().signal;

test("bootstrap, stream, planned failover and back, with a writer that loses nothing", async () => {
  const [a, b, c] = [await set.start("a"), await set.start("b"), await set.start("c")];
  await putMount(a.core, "m1", "secret/");
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  await link(a, c, "performance");
  let current = a;
  let acknowledged = 0;
  const stop = keepWriting(async (n) => {
    try {
      await putKey(current.core, `data/m1/w${n}`, `${n}`);
      acknowledged += 1;
    } catch {
      current = current === a ? b : a;
    }
  });
  await until("some were written", () => acknowledged > 50);
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    await from.replication.demotePrimary("dr", { targetId: to.name, signal: never });
    await to.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: false });
    const wrap = await to.replication.issueSecondaryToken("dr", { id: from.name, ttlSeconds: 60, creationPath: "p" });
    await from.replication.updatePrimary("dr", { token: wrap.token, api: NO_API, addresses: [] });
    await until(`${from.name} follows`, () => from.isStreaming("dr"), 15_000);
    const before = acknowledged;
    await until("more were written", () => acknowledged > before + 20);
  }
  const written = await stop();
  await until("all are equal", () => isEqual(a, b, "dr") && isEqual(a, c, "performance"), 20_000);
  let held = 0;
  for (let n = 0; n < written; n += 1) if ((await getKey(c.core, `data/m1/w${n}`)) === `${n}`) held += 1;
  expect(held).toBeGreaterThanOrEqual(acknowledged);
}, 60_000);

test("thousands of questions, answered and abandoned ones, are no reason for HTTP/2 to drop the connection", async () => {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  const before = set.logLines.length;
  const ask = (path: string, signal: AbortSignal) =>
    b.replication.forward("dr", forwarded(path), signal).then(({ status }) => status);
  const leave = async (n: number): Promise<void> => {
    const abort = new AbortController();
    const asked = ask(`wait/data/m1/left${n % 50}`, abort.signal).catch(() => undefined);
    await new Promise((settle) => setTimeout(settle, n % 3));
    abort.abort();
    await asked;
  };
  for (let round = 0; round < 50; round += 1) {
    const some = Array.from({ length: 32 }, (_, n) => round * 32 + n);
    const answers = await Promise.all(some.map((n) => ask(`data/m1/k${n % 50}`, new AbortController().signal)));
    expect(new Set(answers)).toEqual(new Set([200]));
    await Promise.all(some.map(leave));
  }
  expect(set.logLines.slice(before).filter((line) => line.includes("stream ended"))).toEqual([]);
}, 60_000);

function forwarded(path: string): ForwardedRequest {
  return {
    id: "r",
    caller: { kind: "token", token: Buffer.from("hvs.t") },
    operation: "update",
    path,
    query: new Map(),
    body: Buffer.from("forwarded"),
    contentType: undefined,
    remoteAddress: "127.0.0.1",
    wrapTtlSeconds: undefined,
  };
}

test("a revoked certificate is refused by the real handshake's gate", async () => {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await link(a, b, "performance");
  await a.replication.revokeSecondary("performance", "b");
  await until("the stream ends", () => !b.isStreaming("performance"));
  await putKey(a.core, "data/m1/later", "x");
  await until("it was refused", () => set.logLines.some((line) => line.includes("not_a_member")));
  expect(await getKey(b.core, "data/m1/later")).toBeUndefined();
});
