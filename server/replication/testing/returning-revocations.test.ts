import type { UnsealedCore } from "../../sdk/barrier";
import type { Revocation, WriteMeanings } from "../../sdk/divergence";
import { putKey, putMount } from "./test-cluster";
import { isEqual, link, NO_API, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(() => set.close());
jest.setTimeout(30_000);

/** A token whose record is deleted was revoked. */
function meaningsOf(revoked: Map<string, string[]>) {
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
      if (revocation.kind === "token") revoked.set(node.name, [...(revoked.get(node.name) ?? []), revocation.hash]);
    },
  });
}

test("a former primary that left its set and comes back by a snapshot has its successor revoke what it had revoked", async () => {
  const revoked = new Map<string, string[]>();
  set.meanings = meaningsOf(revoked);
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  await putMount(a.core, "m1", "secret/");
  await putKey(a.core, "core/token/t", "x", "local");
  await until("b is equal", () => isEqual(a, b, "dr"));
  set.network.cut("b", a.address);
  set.network.cut("a", b.address);
  await until("b noticed", () => !b.isStreaming("dr"));
  const view = a.core.barrier.view("core/token/", "local");
  await view.commit([view.delete("t")]);
  // More records than are carried over at once.
  const data = a.core.barrier.view("data/m1/", "replicated");
  await data.commit(Array.from({ length: 300 }, (_, n) => data.put(`k${n}`, Buffer.from("only a"))));
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  await a.replication.disablePrimary("dr");
  set.network.mend("a", b.address);
  set.network.mend("b", a.address);
  const wrap = await b.replication.issueSecondaryToken("dr", { id: "a", ttlSeconds: 60, creationPath: "p" });
  await a.replication.enableSecondary("dr", { token: wrap.token, api: NO_API });
  await until("a follows", () => isEqual(b, a, "dr"));
  expect(a.replication.divergence.list("dr")).toHaveLength(1);
  await until("b has revoked it", () => revoked.get("b")?.includes("core/token/t") === true, 4_000);
});
