import { getKey, putKey, putMount } from "./test-cluster";
import { isEqual, keepWriting, link, NO_API, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
/** Bytes per kind of channel, both ways, and every frame of a primary. */
let bytes: Map<string, number>;
let fromPrimary: Buffer[];

beforeEach(() => {
  set = new TestSet();
  bytes = new Map();
  fromPrimary = [];
  set.network.tap = (frame) => {
    bytes.set(frame.kind, (bytes.get(frame.kind) ?? 0) + frame.bytes.length);
    if (!frame.toServer) fromPrimary.push(frame.bytes);
  };
});
afterEach(() => set.close());

async function putMany(node: TestNode, keys: readonly string[], value: string): Promise<void> {
  const view = node.core.barrier.view("", "replicated");
  for (let at = 0; at < keys.length; at += 200) {
    await view.commit(keys.slice(at, at + 200).map((key) => view.put(key, Buffer.from(value))));
  }
}

async function removeMany(node: TestNode, keys: readonly string[]): Promise<void> {
  const view = node.core.barrier.view("", "replicated");
  await view.commit(keys.map((key) => view.delete(key)));
}

const names = (prefix: string, count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${from + n}`);

async function pair(mode: "performance" | "dr", keys: readonly string[] = names("data/m1/k", 50)) {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await putMount(a.core, "m1", "secret/");
  await putMany(a, keys, "x".repeat(200));
  await a.replication.enablePrimary(mode, { primaryClusterAddress: "" });
  await link(a, b, mode);
  await until("caught up", () => isEqual(a, b, mode));
  return [a, b] as const;
}

async function away(a: TestNode, b: TestNode, mode: "performance" | "dr"): Promise<void> {
  set.network.cut("b", a.address);
  await until("b is away", () => !b.isStreaming(mode));
}

/** The primary's log no longer reaches back to where the secondary stands. */
async function forgetLog(a: TestNode): Promise<void> {
  await putKey(a.core, "core/last", "x");
  await a.core.log.truncate(a.core.log.lastIndex());
}

async function back(a: TestNode, b: TestNode, mode: "performance" | "dr"): Promise<void> {
  set.network.mend("b", a.address);
  await b.replication.recover(mode);
  await until("roots are equal", () => isEqual(a, b, mode), 15_000);
}

const said = (text: string): boolean => set.logLines.some((line) => line.includes(text));

test("100 changed of 20,000 keys cost less than 2 % of the snapshot", async () => {
  const [a, b] = await pair("performance", names("data/m1/key-", 20_000));
  const snapshot = bytes.get("snapshot") ?? 0;
  const opened = b.opened;
  await putKey(b.core, "core/token/own", "b's", "local");
  await away(a, b, "performance");
  await putMany(a, names("data/m1/key-", 60, 5_000), "changed ".repeat(25));
  await putMany(a, names("data/m1/new-", 20), "new value ".repeat(20));
  await removeMany(a, names("data/m1/key-", 20, 9_000));
  await forgetLog(a);
  bytes.clear();
  await back(a, b, "performance");
  const diff = bytes.get("diff") ?? 0;
  expect(snapshot).toBeGreaterThan(20_000 * 200);
  expect(diff).toBeGreaterThan(80 * 200);
  expect(diff / snapshot).toBeLessThan(0.02);
  expect(bytes.get("snapshot")).toBeUndefined();
  expect(b.opened).toBe(opened);
  expect(await getKey(b.core, "core/token/own", "local")).toBe("b's");
  expect(await getKey(b.core, "data/m1/new-7")).toBe("new value ".repeat(20));
  expect(await getKey(b.core, "data/m1/key-9003")).toBeUndefined();
  expect(said('b info replication state changed {"mode":"performance","from":"merkle-diff","to":"merkle-sync"')).toBe(
    true,
  );
  expect(said('"keys":101')).toBe(true);
}, 60_000);

test("what is written during the diff is there afterwards", async () => {
  const [a, b] = await pair("dr", names("data/m1/k", 3_000));
  await away(a, b, "dr");
  await putMany(a, names("data/m1/k", 1_500, 1_000), "changed");
  await forgetLog(a);
  let newest = "";
  const stop = keepWriting(async (n) => {
    newest = `v${n}`;
    await putKey(a.core, `data/m1/k${n % 3_000}`, newest);
    await putKey(a.core, `core/token/t${n % 50}`, newest, "local");
  });
  set.network.mend("b", a.address);
  await b.replication.recover("dr");
  await until("b streams again", () => b.isStreaming("dr"), 15_000);
  const written = await stop();
  await until("roots are equal", () => isEqual(a, b, "dr"));
  expect(written).toBeGreaterThan(0);
  expect(bytes.get("diff")).toBeGreaterThan(0);
  expect(await getKey(b.core, `core/token/t${(written - 1) % 50}`, "local")).toBe(newest);
}, 60_000);

test("an interrupted diff goes on with the rest", async () => {
  const [a, b] = await pair("performance", names("data/m1/k", 4_000));
  await away(a, b, "performance");
  await putMany(a, names("data/m1/k", 4_000), "changed");
  await forgetLog(a);
  bytes.clear();
  const { tap } = set.network;
  let cuts = 0;
  set.network.tap = (frame) => {
    tap(frame);
    if (frame.kind !== "diff" || frame.toServer || frame.bytes.length < 20_000 || cuts === 3) return;
    cuts += 1;
    // Drops the link in the middle of the values, without refusing the next one.
    set.network.cut("b", a.address);
    set.network.mend("b", a.address);
  };
  await back(a, b, "performance");
  expect(cuts).toBe(3);
  await b.restart();
  await until("b streams after a restart", () => b.isStreaming("performance"));
  expect(await getKey(b.core, "data/m1/k3999")).toBe("changed");
}, 60_000);

test("a diff asks for nothing of a filtered mount, and removes what was filtered meanwhile", async () => {
  const [a, b] = await pair("performance");
  await putMount(a.core, "hidden-mount", "hidden/");
  await putMount(a.core, "gone-mount", "gone/");
  await putKey(a.core, "data/gone-mount/k", "x");
  await a.replication.writePathsFilter("b", { mode: "deny", paths: ["hidden/"] });
  await until("gone is on b", async () => (await getKey(b.core, "data/gone-mount/k")) === "x");
  await putKey(b.core, "data/gone-mount/own", "b's crl", "local");
  await away(a, b, "performance");
  await a.replication.writePathsFilter("b", { mode: "deny", paths: ["hidden/", "gone/"] });
  await putKey(a.core, "data/hidden-mount/k", "hidden value");
  await putKey(a.core, "data/gone-mount/late", "late");
  await putKey(a.core, "data/m1/open", "open value");
  await forgetLog(a);
  fromPrimary = [];
  set.network.mend("b", a.address);
  await b.replication.recover("performance");
  await until("the open key is on b", async () => (await getKey(b.core, "data/m1/open")) === "open value");
  await until("b streams", () => b.isStreaming("performance"));
  const shipped = (text: string | Buffer): boolean => fromPrimary.some((frame) => frame.includes(text));
  expect(bytes.get("diff")).toBeGreaterThan(0);
  expect(shipped("data/m1/open")).toBe(true);
  for (const name of ["hidden-mount", "gone-mount"]) expect(shipped(name)).toBe(false);
  for (const key of ["mounts/gone-mount", "data/gone-mount/k"]) expect(await getKey(b.core, key)).toBeUndefined();
  expect(await getKey(b.core, "data/gone-mount/own", "local")).toBeUndefined();
});

test("a former primary that diverged is brought back by a diff, with the history of the new one", async () => {
  const [a, b] = await pair("dr");
  await putKey(a.core, "core/token/both", "kept", "local");
  await until("caught up", () => isEqual(a, b, "dr"));
  await away(a, b, "dr");
  await putKey(a.core, "data/m1/only-a", "lost");
  await putKey(a.core, "core/token/only-a", "lost", "local");
  const [openedA, openedB] = [a.opened, b.opened];
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  await putKey(b.core, "data/m1/only-b", "kept");
  await a.replication.demotePrimary("dr", { targetId: undefined, signal: new AbortController().signal });
  const wrap = await b.replication.issueSecondaryToken("dr", { id: "a", ttlSeconds: 60, creationPath: "p" });
  await a.replication.updatePrimary("dr", { token: wrap.token, api: NO_API, addresses: [] });
  await until("a follows", () => isEqual(b, a, "dr"), 15_000);
  for (const [key, keyClass] of [
    ["data/m1/only-a", "replicated"],
    ["core/token/only-a", "local"],
  ] as const)
    expect(await getKey(a.core, key, keyClass)).toBeUndefined();
  expect(await getKey(a.core, "data/m1/only-b")).toBe("kept");
  expect(await getKey(a.core, "core/token/both", "local")).toBe("kept");
  expect([a.opened, b.opened]).toEqual([openedA, openedB]);
  expect(a.core.barrier.lineage("dr")).toEqual(b.core.barrier.lineage("dr"));
}, 30_000);

test("the secondary's own DR cluster follows it through a diff, and its local data stays", async () => {
  const [a, b] = await pair("performance");
  const d = await set.start("d");
  await b.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(b, d, "dr");
  await putKey(b.core, "core/token/own", "b's", "local");
  await away(a, b, "performance");
  await putMany(a, names("data/m1/k", 20), "changed");
  await forgetLog(a);
  await back(a, b, "performance");
  await until("d is equal", () => isEqual(b, d, "dr"));
  expect(await getKey(d.core, "data/m1/k3")).toBe("changed");
  expect(await getKey(d.core, "core/token/own", "local")).toBe("b's");
});

test("where no diff is possible, a secondary that has a DR cluster of its own does not give that up for a snapshot", async () => {
  const [a, b] = await pair("performance");
  const d = await set.start("d");
  await b.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(b, d, "dr");
  await putKey(b.core, "core/token/own", "b's", "local");
  await away(a, b, "performance");
  await b.loseStored("replicated", "data/m1/k3");
  await putMany(a, names("data/m1/k", 20), "changed");
  await forgetLog(a);
  set.network.mend("b", a.address);
  await b.replication.recover("performance");
  await until(
    "b says why",
    () => set.logLines.some((line) => line.includes("a snapshot would end this cluster's own DR set")),
    15_000,
  );
  expect(b.replication.status("dr")).toMatchObject({ mode: "primary", known_secondaries: ["d"] });
  await b.replication.reindex();
  await until("b is equal", () => isEqual(a, b, "performance"), 15_000);
  await until("d is equal", () => isEqual(b, d, "dr"), 15_000);
  expect(await getKey(d.core, "core/token/own", "local")).toBe("b's");
}, 30_000);

test("a secondary that may not follow is refused by the diff too", async () => {
  const [a, b] = await pair("dr");
  await away(a, b, "dr");
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  await b.replication.demotePrimary("dr", { targetId: undefined, signal: new AbortController().signal });
  const wrap = await a.replication.issueSecondaryToken("dr", { id: "b2", ttlSeconds: 60, creationPath: "p" });
  await b.replication.updatePrimary("dr", { token: wrap.token, api: NO_API, addresses: [] });
  await forgetLog(a);
  set.network.mend("b", a.address);
  await until("a is fenced by the newer history", () => a.status("dr").state === "fenced");
  expect(bytes.get("diff")).toBeUndefined();
});
