import { divergenceTests } from "./divergence-fixture";
import { getKey, putKey, putMount } from "./test-cluster";
import { isEqual, link, NO_API, until } from "./test-set";

const { current, drPair, part, promote, mend, rejoin, reportOf } = divergenceTests();
const never = new AbortController().signal;

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
  const c = await current().start("c");
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
  const [a, b] = [await current().start("a"), await current().start("b")];
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
