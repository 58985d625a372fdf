import type { UnsealedCore } from "../../sdk/barrier";
import type { Revocation, WriteMeanings } from "../../sdk/divergence";
import { DivergenceStore } from "../role/divergence-store";
import { divergenceTests } from "./divergence-fixture";
import { getKey, putKey, putMount } from "./test-cluster";
import { isEqual, link, NO_API, type TestNode, until } from "./test-set";

const { current, drPair, part, promote, mend, rejoin, reportOf } = divergenceTests();
const never = new AbortController().signal;

async function follow(secondary: TestNode, primary: TestNode, id: string): Promise<void> {
  const wrap = await primary.replication.issueSecondaryToken("dr", { id, ttlSeconds: 60, creationPath: "p" });
  await secondary.replication.updatePrimary("dr", { token: wrap.token, api: NO_API, addresses: [] });
  await until(`${secondary.name} follows`, () => isEqual(primary, secondary, "dr"));
}

test("a DR secondary of a performance cluster reads what that wrote under a key of its own, also after it rejoined", async () => {
  const [a, b, d] = [await current().start("a"), await current().start("b"), await current().start("d")];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "performance");
  await link(a, d, "dr");
  current().network.cut("b", a.address);
  await until("b noticed", () => !b.isStreaming("performance"));
  await a.core.barrier.rotate();
  await putKey(a.core, "core/token/own", "under a's key", "local");
  await b.replication.promoteSecondary("performance", { primaryClusterAddress: "", force: true });
  await a.replication.demotePrimary("performance", { targetId: undefined, signal: never });
  const wrap = await b.replication.issueSecondaryToken("performance", { id: "a", ttlSeconds: 60, creationPath: "p" });
  await a.replication.updatePrimary("performance", { token: wrap.token, api: NO_API, addresses: [] });
  await until("a follows", () => isEqual(b, a, "performance"));
  await until("d follows", () => isEqual(a, d, "dr"));
  expect(await getKey(d.core, "core/token/own", "local")).toBe("under a's key");
  await d.restart();
  expect(await getKey(d.core, "core/token/own", "local")).toBe("under a's key");
});

test("of two clusters that were promoted at once, the one that gives in lists its own writes and those that it alone had received", async () => {
  const [a, b] = await drPair();
  const c = await current().start("c");
  await link(a, c, "dr");
  current().network.cut("b", a.address);
  await until("b noticed", () => !b.isStreaming("dr"));
  await putKey(a.core, "data/m1/received", "by c alone");
  await until("c has it", () => isEqual(a, c, "dr"));
  await a.close();
  await until("c noticed", () => !c.isStreaming("dr"));
  await promote(b);
  await promote(c);
  await putKey(b.core, "data/m1/of-b", "b's");
  await putKey(c.core, "data/m1/of-c", "c's");
  await c.replication.demotePrimary("dr", { targetId: undefined, signal: never });
  await follow(c, b, "c2");
  const paths = JSON.stringify((await reportOf(c)).whole?.entries);
  expect(paths).toContain('"secret/received"');
  expect(paths).toContain('"secret/of-c"');
  expect(paths).not.toContain("secret/of-b");
  expect(paths).not.toContain("secret/both");
  expect(b.replication.divergence.list("dr")).toEqual([]);
});

test("where the fence was overridden it is the promoted cluster that lists what it alone had, when it gives in", async () => {
  const [a, b] = await drPair();
  await part(a, b);
  await promote(b);
  await putKey(b.core, "data/m1/of-b", "b's");
  mend(a, b);
  await until("a is fenced", () => a.status("dr").state === "fenced");
  for (const mode of ["dr", "performance"] as const) {
    if (a.status(mode).state === "fenced") await a.replication.overrideFence(mode).catch(() => undefined);
  }
  await until("a is primary again", () => a.status("dr").state === "running");
  await putKey(a.core, "data/m1/of-a", "a's");
  await b.replication.demotePrimary("dr", { targetId: undefined, signal: never });
  await follow(b, a, "b2");
  const paths = JSON.stringify((await reportOf(b)).whole?.entries);
  expect(paths).toContain('"secret/of-b"');
  expect(paths).not.toContain("secret/of-a");
  expect(await getKey(b.core, "data/m1/of-b")).toBeUndefined();
});

/** Every token and lease of these tests is a key; what is revoked is written down per node. */
function meaningsOf(revoked: Map<string, string[]>, mayFail: () => boolean) {
  return (node: TestNode, _core: UnsealedCore): WriteMeanings => ({
    mountOf: () => undefined,
    storedKeysOf: () => undefined,
    corePathOf: ({ key }) => (key.startsWith("core/token/") ? "auth/token" : undefined),
    findRevocations: () => {
      const found: Revocation[] = [];
      return {
        take: ({ key, value }) => {
          if (key.startsWith("core/token/") && value === undefined)
            found.push({ kind: "token", hash: key, alone: false });
        },
        found: () => found,
      };
    },
    revoke: async (revocation) => {
      if (mayFail()) throw new Error("not now");
      if (revocation.kind === "token") revoked.set(node.name, [...(revoked.get(node.name) ?? []), revocation.hash]);
    },
  });
}

test("revocations of the old primary are applied at the new one, until it says that they are", async () => {
  const revoked = new Map<string, string[]>();
  let mayRevoke = false;
  current().meanings = meaningsOf(revoked, () => !mayRevoke);
  const [a, b] = await drPair();
  await putKey(a.core, "core/token/t", "x", "local");
  await until("b is equal", () => isEqual(a, b, "dr"));
  await part(a, b);
  const view = a.core.barrier.view("core/token/", "local");
  await view.commit([view.delete("t")]);
  await promote(b);
  await rejoin(a, b);
  const store = () => new DivergenceStore(a.core.barrier, () => undefined);
  // Neither a restart of the one nor of the other loses what the new primary has not taken yet.
  await a.restart();
  await b.restart();
  await until("a follows again", () => isEqual(b, a, "dr"));
  expect((await store().pending("dr"))?.revocations).toEqual([{ kind: "token", hash: "core/token/t", alone: false }]);
  expect(revoked.size).toBe(0);
  mayRevoke = true;
  await until("b has revoked it", () => revoked.get("b")?.includes("core/token/t") === true);
  expect(revoked.get("a")).toBeUndefined();
  await until("nothing is left to deliver", async () => (await store().pending("dr")) === undefined);
});

test("a performance secondary that was promoted: the old primary's own tokens stay, its shared writes are listed", async () => {
  const [a, b] = [await current().start("a"), await current().start("b")];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await putMount(a.core, "m1", "secret/");
  await link(a, b, "performance");
  await until("b is equal", () => isEqual(a, b, "performance"));
  current().network.cut("b", a.address);
  await until("b noticed", () => !b.isStreaming("performance"));
  await putKey(a.core, "data/m1/mine", "only a");
  await putKey(a.core, "core/token/own", "a's", "local");
  await b.replication.promoteSecondary("performance", { primaryClusterAddress: "", force: true });
  await putKey(b.core, "data/m1/new", "b's");
  mend(a, b);
  await a.replication.demotePrimary("performance", { targetId: undefined, signal: never });
  const wrap = await b.replication.issueSecondaryToken("performance", { id: "a", ttlSeconds: 60, creationPath: "p" });
  await a.replication.updatePrimary("performance", { token: wrap.token, api: NO_API, addresses: [] });
  await until("a follows", () => isEqual(b, a, "performance"));
  const { whole } = await reportOf(a, "performance");
  expect(whole?.entries).toMatchObject([{ path: "secret/mine" }]);
  expect(await getKey(a.core, "core/token/own", "local")).toBe("a's");
  expect(await getKey(a.core, "data/m1/mine")).toBeUndefined();
});
