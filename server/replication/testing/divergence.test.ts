import type { UnsealedCore } from "../../sdk/barrier";
import type { Revocation, WriteMeanings } from "../../sdk/divergence";
import type { StoredState } from "../../sdk/stored-keys";
import { DivergenceStore } from "../role/divergence-store";
import { getKey, putKey, putMount } from "./test-cluster";
import { isEqual, link, NO_API, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
  set.meanings = () => readable;
});
afterEach(() => set.close());
jest.setTimeout(30_000);

const MOUNTS = new Map([
  ["m1", "secret/"],
  ["m2", "private/"],
  ["m3", "auth/opaque/"],
]);

/** Mounts whose keys are paths of the API, but for the one whose type says nothing of its keys. */
const readable: WriteMeanings = {
  mountOf: (id) => {
    const path = MOUNTS.get(id);
    const type = id === "m3" ? "opaque" : "kv";
    return path === undefined ? undefined : { path, kind: "secret", type, options: new Map() };
  },
  storedKeysOf: ({ type }) => (type === "kv" ? { pathOf: (key) => key, read: readAll } : undefined),
  corePathOf: ({ key }) => key,
  findRevocations: () => ({ take: () => undefined, found: () => [] }),
  revoke: () => Promise.resolve(),
};

function readAll(_path: string, states: readonly StoredState[]) {
  return Object.fromEntries(states.map(({ key, value }) => [key, value?.toString()]));
}

const never = new AbortController().signal;

async function drPair(limits = {}): Promise<readonly [TestNode, TestNode]> {
  const [a, b] = [await set.start("a", limits), await set.start("b")];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await putMount(a.core, "m1", "secret/");
  await putKey(a.core, "data/m1/both", "old");
  await putKey(a.core, "data/m1/gone", "still on b");
  await link(a, b, "dr");
  await until("b is equal", () => isEqual(a, b, "dr"));
  return [a, b];
}

/** From now on the two do not hear of each other, and b is promoted. */
async function part(a: TestNode, b: TestNode): Promise<void> {
  set.network.cut(b.name, a.address);
  set.network.cut(a.name, b.address);
  await until("b noticed", () => !b.isStreaming("dr"));
}

async function promote(b: TestNode): Promise<void> {
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
}

function mend(a: TestNode, b: TestNode): void {
  set.network.mend("a", b.address);
  set.network.mend("b", a.address);
}

async function rejoin(a: TestNode, b: TestNode): Promise<void> {
  mend(a, b);
  await a.replication.demotePrimary("dr", { targetId: undefined, signal: never });
  const wrap = await b.replication.issueSecondaryToken("dr", { id: "a", ttlSeconds: 60, creationPath: "p" });
  await a.replication.updatePrimary("dr", { token: wrap.token, api: NO_API, addresses: [] });
  await until("a follows", () => isEqual(b, a, "dr"));
}

async function reportOf(node: TestNode, mode: "dr" | "performance" = "dr") {
  const [report] = node.replication.divergence.list(mode);
  const id = String(report?.id);
  const whole = await node.replication.divergence.read(mode, id, { after: undefined, limit: 100 });
  return { id, report, whole };
}

test("what only the old primary had is listed and kept before it is replaced, and survives restarts until it is discarded", async () => {
  const [a, b] = await drPair();
  await part(a, b);
  await putKey(a.core, "data/m1/both", "a's");
  await putKey(a.core, "data/m1/both", "a's last");
  await putKey(a.core, "data/m1/mine", "only a", "local");
  await a.core.barrier
    .view("data/m1/", "replicated")
    .commit([a.core.barrier.view("data/m1/", "replicated").delete("gone")]);
  await promote(b);
  await putKey(b.core, "data/m1/both", "b's");
  await rejoin(a, b);
  expect(await getKey(a.core, "data/m1/both")).toBe("b's");
  expect(a.status("dr").divergence_reports).toBe(1);
  expect(b.status("dr").divergence_reports).toBe(0);
  await a.restart();
  const { id, whole } = await reportOf(a);
  expect(whole).toMatchObject({ source: "log", writes: 4, paths: 3, kept_values: 3, truncated: false });
  expect(whole?.entries).toMatchObject([
    { path: "secret/both", puts: 2, deletes: 0, shared: true, kept: true },
    { path: "secret/gone", puts: 0, deletes: 1 },
    { path: "secret/mine", puts: 1, deletes: 0, shared: false },
  ]);
  expect(JSON.stringify(whole)).not.toMatch(/a's|only a/);
  const entry = await a.replication.divergence.readEntry("dr", id, "secret/both");
  expect(entry).toMatchObject({ path: "secret/both", value: { both: "a's last" } });
  expect(await a.replication.divergence.readEntry("dr", id, "secret/other")).toBeUndefined();
  expect(await a.replication.divergence.discard("dr", id)).toBe(true);
  expect(await a.replication.divergence.discard("dr", id)).toBe(false);
  await a.restart();
  expect(a.replication.divergence.list("dr")).toEqual([]);
  expect(await a.core.barrier.view("core/replication/divergence/content/", "node").listAll("", { limit: 9 })).toEqual(
    [],
  );
});

test("stored records of mounts that do not say what the API would answer are shown to nobody; policies are", async () => {
  const [a, b] = await drPair();
  await putMount(a.core, "m3", "auth/opaque/");
  await until("b is equal", () => isEqual(a, b, "dr"));
  await part(a, b);
  await putKey(a.core, "data/m3/role", "a password's hash");
  await putKey(a.core, "core/policy/p", "rules");
  await promote(b);
  await rejoin(a, b);
  const { id, whole } = await reportOf(a);
  expect(whole?.entries).toMatchObject([
    { path: "auth/opaque/role", puts: 1, kept: false },
    { path: "core/policy/p", kept: true },
  ]);
  const { divergence } = a.replication;
  await expect(divergence.readEntry("dr", id, "auth/opaque/role")).rejects.toThrow("nothing of it is kept");
  const value = Buffer.from("rules").toString("base64");
  const entry = await divergence.readEntry("dr", id, "core/policy/p");
  expect(entry?.stored).toEqual([{ key: "core/policy/p", deleted: false, value }]);
});

test("a planned failover leaves no report, nor does a second way round", async () => {
  const [a, b] = await drPair();
  await a.replication.demotePrimary("dr", { targetId: "b", signal: never });
  await promote(b);
  await putKey(b.core, "data/m1/both", "b's");
  const wrap = await b.replication.issueSecondaryToken("dr", { id: "a", ttlSeconds: 60, creationPath: "p" });
  await a.replication.updatePrimary("dr", { token: wrap.token, api: NO_API, addresses: [] });
  await until("a follows", () => isEqual(b, a, "dr"));
  await b.replication.demotePrimary("dr", { targetId: "a", signal: never });
  await a.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: false });
  const back = await a.replication.issueSecondaryToken("dr", { id: "b", ttlSeconds: 60, creationPath: "p" });
  await b.replication.updatePrimary("dr", { token: back.token, api: NO_API, addresses: [] });
  await until("b follows", () => isEqual(a, b, "dr"));
  expect([...a.replication.divergence.list("dr"), ...b.replication.divergence.list("dr")]).toEqual([]);
});

test("a key that the old primary made meanwhile opens its own records and its report for good", async () => {
  const [a, b] = await drPair();
  await part(a, b);
  await a.core.barrier.rotate();
  await putKey(a.core, "data/m1/both", "under a key of a's");
  await promote(b);
  await b.core.barrier.rotate();
  await putKey(b.core, "data/m1/both", "under a key of b's");
  await rejoin(a, b);
  await a.restart();
  await until("a follows again", () => isEqual(b, a, "dr"));
  const { id } = await reportOf(a);
  const entry = await a.replication.divergence.readEntry("dr", id, "secret/both");
  expect(entry?.value).toEqual({ both: "under a key of a's" });
});

test("where the log is too short the comparison tells, and a second fork makes a second report", async () => {
  const [a, b] = await drPair();
  await part(a, b);
  await putKey(a.core, "data/m1/mine", "only a");
  await putKey(a.core, "data/m1/both", "a's");
  await promote(b);
  await a.core.log.truncate(a.core.log.lastIndex());
  await rejoin(a, b);
  const { whole } = await reportOf(a);
  expect(whole).toMatchObject({ source: "diff" });
  const paths = JSON.stringify(whole?.entries);
  expect(paths).toContain("secret/mine");
  expect(paths).toContain("secret/both");
  await part(b, a);
  await putKey(b.core, "data/m1/later", "only b");
  await a.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  mend(a, b);
  await b.replication.demotePrimary("dr", { targetId: undefined, signal: never });
  const wrap = await a.replication.issueSecondaryToken("dr", { id: "b2", ttlSeconds: 60, creationPath: "p" });
  await b.replication.updatePrimary("dr", { token: wrap.token, api: NO_API, addresses: [] });
  await until("b follows", () => isEqual(a, b, "dr"));
  const second = await reportOf(b);
  expect(second.whole?.entries).toMatchObject([{ path: "secret/later" }]);
  expect(a.replication.divergence.list("dr")).toHaveLength(1);
});

test("a snapshot that replaces everything takes the reports along, and one that is the way back makes them", async () => {
  const [a, b] = await drPair();
  await part(a, b);
  await putKey(a.core, "data/m1/mine", "only a");
  await promote(b);
  mend(a, b);
  await a.replication.disablePrimary("dr");
  await a.replication.disablePrimary("performance");
  const wrap = await b.replication.issueSecondaryToken("dr", { id: "a", ttlSeconds: 60, creationPath: "p" });
  const opened = a.opened;
  await a.replication.enableSecondary("dr", { token: wrap.token, api: NO_API });
  await until("a is equal", () => a.opened > opened && isEqual(b, a, "dr"));
  const { id, whole } = await reportOf(a);
  expect(JSON.stringify(whole?.entries)).toContain("secret/mine");
  const entry = await a.replication.divergence.readEntry("dr", id, "secret/mine");
  expect(entry?.value).toEqual({ mine: "only a" });
});

test("a snapshot takes along what was kept before it, whatever key it was kept under", async () => {
  const [a, b] = await drPair();
  await part(a, b);
  await a.core.barrier.rotate();
  await putKey(a.core, "data/m1/mine", "only a");
  await promote(b);
  await rejoin(a, b);
  const before = await reportOf(a);
  await a.replication.disableSecondary("dr");
  const wrap = await b.replication.issueSecondaryToken("dr", { id: "a2", ttlSeconds: 60, creationPath: "p" });
  const opened = a.opened;
  await a.replication.enableSecondary("dr", { token: wrap.token, api: NO_API });
  await until("a is equal", () => a.opened > opened && isEqual(b, a, "dr"));
  await a.restart();
  const after = await reportOf(a);
  expect(after.whole).toEqual(before.whole);
  const entry = await a.replication.divergence.readEntry("dr", after.id, "secret/mine");
  expect(entry?.value).toEqual({ mine: "only a" });
});

test("a crash between the report and the repair leaves one report, and another cluster that followed the old primary has its own", async () => {
  const [a, b] = await drPair();
  const c = await set.start("c");
  await link(a, c, "performance");
  await part(a, b);
  await putKey(a.core, "data/m1/mine", "only a");
  await until("c has it", () => isEqual(a, c, "performance"));
  await promote(b);
  const other = { lineage: b.core.barrier.lineage("dr"), clusterId: b.core.identity.id };
  await a.replication.divergence.beforeRepair("dr", other, () => []);
  const first = await reportOf(a);
  await a.restart();
  await a.replication.divergence.beforeRepair("dr", other, () => []);
  await rejoin(a, b);
  expect((await reportOf(a)).whole).toEqual(first.whole);
  expect(a.replication.divergence.list("dr")).toHaveLength(1);
  await c.replication.updatePrimary("performance", { token: undefined, api: NO_API, addresses: [b.address] });
  await until("c follows b", () => isEqual(b, c, "performance"));
  expect((await reportOf(c, "performance")).whole?.entries).toMatchObject([{ path: "secret/mine", puts: 1 }]);
  expect(await getKey(c.core, "data/m1/mine")).toBeUndefined();
});

test("a filter that kept a mount from the cluster that was promoted does not lose the old primary's copy of it", async () => {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await putMount(a.core, "m1", "secret/");
  await putMount(a.core, "m2", "private/");
  await putKey(a.core, "data/m2/hidden", "from b");
  await a.replication.writePathsFilter("b", { mode: "deny", paths: ["private/"] });
  await link(a, b, "performance");
  await until("b holds what it may", async () => (await getKey(b.core, "mounts/m1")) !== undefined);
  await a.replication.demotePrimary("performance", { targetId: "b", signal: never });
  await b.replication.promoteSecondary("performance", { primaryClusterAddress: "", force: false });
  const wrap = await b.replication.issueSecondaryToken("performance", { id: "a", ttlSeconds: 60, creationPath: "p" });
  await a.replication.updatePrimary("performance", { token: wrap.token, api: NO_API, addresses: [] });
  await until("a follows", () => isEqual(b, a, "performance"));
  expect(await getKey(a.core, "data/m2/hidden")).toBeUndefined();
  const { id, whole } = await reportOf(a, "performance");
  expect(JSON.stringify(whole?.entries)).toContain('"private/hidden"');
  const entry = await a.replication.divergence.readEntry("performance", id, "private/hidden");
  expect(entry?.value).toEqual({ hidden: "from b" });
});

test("a damaged log or report does not shut the way back: what can be found is listed, and the report says that there may be more", async () => {
  const [a, b] = await drPair();
  await part(a, b);
  for (const name of ["one", "two", "three"]) await putKey(a.core, `data/m1/${name}`, "only a");
  await promote(b);
  await a.loseLogEntry();
  await a.restart();
  await rejoin(a, b);
  const { id, whole } = await reportOf(a);
  expect(whole).toMatchObject({ source: "diff", damaged: true, truncated: true });
  const paths = JSON.stringify(whole?.entries);
  for (const name of ["one", "two", "three"]) expect(paths).toContain(`"secret/${name}"`);
  const storage = a.core.barrier.view("core/replication/divergence/", "node");
  const keys = await storage.listAll("", { limit: 100 });
  expect(keys).toContain(`report/dr/${id}`);
  await a.loseStored("node", `core/replication/divergence/content/${id}/rows/00000000`);
  await a.restart();
  expect((await reportOf(a)).whole).toMatchObject({ id, entries: [] });
});

async function follow(secondary: TestNode, primary: TestNode, id: string): Promise<void> {
  const wrap = await primary.replication.issueSecondaryToken("dr", { id, ttlSeconds: 60, creationPath: "p" });
  await secondary.replication.updatePrimary("dr", { token: wrap.token, api: NO_API, addresses: [] });
  await until(`${secondary.name} follows`, () => isEqual(primary, secondary, "dr"));
}

test("a DR secondary of a performance cluster reads what that wrote under a key of its own, also after it rejoined", async () => {
  const [a, b, d] = [await set.start("a"), await set.start("b"), await set.start("d")];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "performance");
  await link(a, d, "dr");
  set.network.cut("b", a.address);
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
  const c = await set.start("c");
  await link(a, c, "dr");
  set.network.cut("b", a.address);
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
  set.meanings = meaningsOf(revoked, () => !mayRevoke);
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
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await putMount(a.core, "m1", "secret/");
  await link(a, b, "performance");
  await until("b is equal", () => isEqual(a, b, "performance"));
  set.network.cut("b", a.address);
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
