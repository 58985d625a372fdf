import { openTestCore, reopenTestCore } from "../../lifecycle/testing/test-core";
import { ByteReader } from "../../sdk/binary";
import { zeroChecksum } from "../../sdk/checksum";
import { nextLineage } from "../../sdk/lineage";
import {
  type ClusterLog,
  CursorMismatch,
  LogDivergence,
  type LogEntry,
  type ReplicationMode,
  type UpstreamBatch,
  type UpstreamCursor,
} from "../../sdk/log";
import { MemoryDisk } from "../../storage/memory/disk";
import { openMemoryStorage } from "../../storage/memory/index";
import { encodeEntry, readEntry } from "./entry-codec";

type Core = Awaited<ReturnType<typeof openTestCore>>;

/** What a performance primary ships: class `replicated` only. Through the codec, as over the wire. */
function shipped(entry: LogEntry, mode: ReplicationMode): LogEntry {
  const wire = readEntry(new ByteReader(encodeEntry(entry)));
  if (mode === "dr") return wire;
  const own = (part: { class: string }): boolean => part.class === "replicated";
  return { ...wire, operations: wire.operations.filter(own), indexDelta: wire.indexDelta.filter(own) };
}

function cursorOf(primary: ClusterLog, mode: ReplicationMode): UpstreamCursor {
  const { index, checksums } = primary.position();
  const local = mode === "dr" ? checksums.local : zeroChecksum();
  const epoch = primary.epochs()[mode];
  return { clusterId: primary.clusterId, epoch, index, checksums: { replicated: checksums.replicated, local } };
}

async function batchAfter(primary: ClusterLog, mode: ReplicationMode, followsIndex: number): Promise<UpstreamBatch> {
  const entries = (await primary.readBatch(followsIndex, 1000)).map((entry) => shipped(entry, mode));
  return { mode, followsIndex, entries, cursor: cursorOf(primary, mode) };
}

/** Both hold the keyring alone, sealed alike; the secondary's cursor stands at the primary's first entry. */
async function pairOf(mode: ReplicationMode, storage?: Core["storage"]): Promise<{ primary: Core; secondary: Core }> {
  const primary = await openTestCore({ seed: 3 });
  const secondary = await openTestCore({ seed: 3, ...(storage ? { storage } : {}) });
  await bringTogether(primary, secondary, mode);
  return { primary, secondary };
}

async function bringTogether(primary: Core, secondary: Core, mode: ReplicationMode): Promise<void> {
  const [keyring] = await primary.log.readCiphertexts("replicated", ["core/keyring"]);
  await secondary.log.append({
    operations: [{ class: "replicated", key: "core/keyring", value: keyring }],
    cursors: { [mode]: cursorOf(primary.log, mode) },
  });
}

async function write(core: Core, keyClass: "replicated" | "local", pairs: Record<string, string>): Promise<void> {
  const view = core.barrier.view("data/m1/", keyClass);
  await view.commit(Object.entries(pairs).map(([key, value]) => view.put(key, Buffer.from(value))));
}

test.each(["performance", "dr"] as const)(
  "a %s secondary holds what was shipped, and its caches follow",
  async (mode) => {
    const { primary, secondary } = await pairOf(mode);
    const from = primary.log.lastIndex();
    await write(primary, "replicated", { a: "1", b: "2" });
    await write(primary, "local", { token: "t" });
    await secondary.log.applyUpstream(await batchAfter(primary.log, mode, from));
    const view = secondary.barrier.view("data/m1/", "replicated");
    expect((await view.get("a"))?.value.toString()).toBe("1");
    await write(primary, "replicated", { a: "3" });
    const follows = secondary.log.cursor(mode)?.index ?? -1;
    await secondary.log.applyUpstream(await batchAfter(primary.log, mode, follows));
    expect((await view.get("a"))?.value.toString()).toBe("3");
    const token = await secondary.barrier.view("data/m1/", "local").get("token");
    expect(token?.value.toString()).toBe(mode === "dr" ? "t" : undefined);
    const own = secondary.log.position().checksums;
    expect(own.replicated).toEqual(primary.log.position().checksums.replicated);
    expect(own.local.equals(primary.log.position().checksums.local)).toBe(mode === "dr");
    const [last] = await secondary.log.readBatch(secondary.log.lastIndex() - 1, 1);
    expect(last?.origin).toEqual({ clusterId: primary.log.clusterId, index: primary.log.lastIndex() });
  },
);

test("a rotation on the primary reaches the secondary ahead of what needs it", async () => {
  const { primary, secondary } = await pairOf("performance");
  const from = primary.log.lastIndex();
  await primary.barrier.rotate();
  await write(primary, "replicated", { a: "under the new key" });
  await secondary.log.applyUpstream(await batchAfter(primary.log, "performance", from));
  expect((await secondary.barrier.view("data/m1/", "replicated").get("a"))?.value.toString()).toBe("under the new key");
  expect(secondary.barrier.keyStatus().activeKeyId).toBe(primary.barrier.keyStatus().activeKeyId);
});

test("a batch that does not follow, was altered, or ships the wrong class is refused and changes nothing", async () => {
  const { primary, secondary } = await pairOf("performance");
  const from = primary.log.lastIndex();
  await write(primary, "replicated", { a: "1" });
  await write(primary, "replicated", { a: "2" });
  const batch = await batchAfter(primary.log, "performance", from);
  const before = secondary.log.position();
  const refused = async (changed: Partial<UpstreamBatch>, error: new (...given: never[]) => Error): Promise<void> => {
    await expect(secondary.log.applyUpstream({ ...batch, ...changed })).rejects.toBeInstanceOf(error);
    expect(secondary.log.position()).toEqual(before);
    expect(secondary.log.cursor("performance")?.index).toBe(from);
  };
  const [first, second] = batch.entries;
  if (first === undefined || second === undefined) throw new Error("two entries expected");
  await refused({ followsIndex: from + 1 }, CursorMismatch);
  await refused({ mode: "dr" }, CursorMismatch);
  await refused({ entries: [second, first] }, CursorMismatch);
  await refused({ cursor: { ...batch.cursor, clusterId: "another" } }, CursorMismatch);
  await refused({ entries: [second] }, LogDivergence);
  await refused({ entries: [first] }, LogDivergence);
  const altered = first.operations.map((operation) => ({ ...operation, value: Buffer.from("other") }));
  await refused({ entries: [{ ...first, operations: altered }, second] }, LogDivergence);
  const local = first.operations.map((operation) => ({ ...operation, class: "local" as const }));
  await refused({ entries: [{ ...first, operations: local }, second] }, LogDivergence);
  await secondary.log.applyUpstream(batch);
  await expect(secondary.log.applyUpstream(batch)).rejects.toBeInstanceOf(CursorMismatch);
});

test("a secondary that differs is repaired, or refuses the cursor", async () => {
  const { primary, secondary } = await pairOf("performance");
  await write(primary, "replicated", { a: "1", b: "2" });
  await write(secondary, "replicated", { stray: "x" });
  const cursor = cursorOf(primary.log, "performance");
  const origin = { clusterId: primary.log.clusterId, index: cursor.index };
  const chunk = await primary.log.exportChunk({
    classes: ["replicated"],
    includeMount: () => true,
    after: undefined,
    limitPairs: 100,
    limitBytes: 1e6,
  });
  const mode = "performance" as const;
  const reach = () => secondary.barrier.commit([], { reached: { mode, cursor } });
  await secondary.log.applyRepair({ mode, origin, operations: chunk.pairs });
  await expect(reach()).rejects.toBeInstanceOf(LogDivergence);
  const stray = { class: "replicated" as const, mountId: "m1", key: "data/m1/stray", value: undefined };
  await secondary.log.applyRepair({ mode, origin, operations: [stray] });
  await reach();
  expect(secondary.log.cursor("performance")).toEqual(cursor);
});

test("a history is taken over with the content that belongs to it, or neither it nor what is written along", async () => {
  const { primary, secondary } = await pairOf("performance");
  const followed = secondary.log.cursor("performance");
  const from = primary.log.lastIndex();
  const history = nextLineage([], primary.log.clusterId, 1);
  await primary.barrier.commit([], { lineages: { performance: history } });
  await write(primary, "replicated", { a: "1" });
  const reached = { mode: "performance", cursor: cursorOf(primary.log, "performance") } as const;
  const view = secondary.barrier.view("data/m1/", "local");
  const takeOver = () =>
    secondary.barrier.commit([view.put("along", Buffer.from("1"))], { lineages: { performance: history }, reached });
  const beside = write(secondary, "local", { beside: "1" });
  await expect(takeOver()).rejects.toBeInstanceOf(LogDivergence);
  await beside;
  expect(secondary.barrier.lineage("performance")).toEqual([]);
  expect(secondary.log.cursor("performance")).toEqual(followed);
  expect(await view.listAll("", { limit: 10 })).toEqual(["beside"]);
  const { operations } = (await batchAfter(primary.log, "performance", from)).entries.at(-1) ?? { operations: [] };
  const origin = { clusterId: primary.log.clusterId, index: reached.cursor.index };
  await secondary.log.applyRepair({ mode: "performance", origin, operations });
  await takeOver();
  expect(secondary.barrier.lineage("performance")).toEqual(history);
  expect(secondary.log.cursor("performance")).toEqual(reached.cursor);
  expect(secondary.log.epochs().performance).toEqual(history[0]?.epoch);
});

test("a power cut while a batch is applied leaves the cursor and the data together", async () => {
  for (let crashAt = 1; crashAt <= 6; crashAt++) {
    for (const survivors of [0, 1]) {
      const disk = new MemoryDisk();
      let armed = Number.POSITIVE_INFINITY;
      const sync = async (): Promise<void> => {
        if (--armed === 0) disk.crash(survivors);
      };
      const storage = await openMemoryStorage({ disk, faults: { sync }, capabilities: { operationsPerCommitMax: 12 } });
      const { primary, secondary } = await pairOf("dr", storage);
      // A DR secondary starts from equal `local` keys: none, but for what the test cores wrote as `node`.
      const from = primary.log.lastIndex();
      for (let n = 0; n < 10; n++)
        await write(primary, n % 2 === 0 ? "replicated" : "local", { [`k${n % 4}`]: `${n}` });
      armed = crashAt;
      const batch = await batchAfter(primary.log, "dr", from);
      await secondary.log.applyUpstream(batch).catch(() => undefined);
      disk.crash();
      const again = await reopenTestCore(await openMemoryStorage({ disk }), { seed: 3 });
      const cursor = again.log.cursor("dr");
      const entries = batch.entries.filter((entry) => entry.index > (cursor?.index ?? 0));
      if (cursor !== undefined && cursor.index < batch.cursor.index) {
        await again.log.applyUpstream({ ...batch, followsIndex: cursor.index, entries });
      }
      expect(again.log.position().checksums).toEqual(primary.log.position().checksums);
    }
  }
});

describe("a batch of several commits", () => {
  const ENTRIES = 1_300;

  /** Every entry changes a key that is changed again in the next commit, and one of its own; some delete. */
  async function fill(primary: Core): Promise<void> {
    const view = primary.barrier.view("data/m1/", "replicated");
    for (let at = 0; at < ENTRIES; at += 1) {
      const shared =
        at % 97 === 5 ? view.delete(`shared${at % 40}`) : view.put(`shared${at % 40}`, Buffer.from(`${at}`));
      await view.commit([shared, view.put(`own${at}`, Buffer.from(`${at}`))]);
    }
  }

  async function wholeBatch(primary: Core, from: number): Promise<UpstreamBatch> {
    const entries = await primary.log.readBatch(from, 10_000);
    const shippedEntries = entries.map((entry) => shipped(entry, "performance"));
    return {
      mode: "performance",
      followsIndex: from,
      entries: shippedEntries,
      cursor: cursorOf(primary.log, "performance"),
    };
  }

  /** Counts the commits that are under way at once, and fails the one whose turn it is. */
  function watched(inner: Core["storage"]): { readonly storage: Core["storage"]; readonly seen: Seen } {
    const seen: Seen = { commits: 0, atOnceMax: 0, failsAt: undefined };
    let atOnce = 0;
    const commit: Core["storage"]["commit"] = async (batch) => {
      seen.commits += 1;
      if (seen.commits === seen.failsAt) throw new Error("the disk is gone");
      atOnce += 1;
      seen.atOnceMax = Math.max(seen.atOnceMax, atOnce);
      // The next part is prepared before the event loop turns: memory answers at once.
      await new Promise((resolve) => setImmediate(resolve));
      return inner.commit(batch).finally(() => {
        atOnce -= 1;
      });
    };
    const storage: Core["storage"] = {
      capabilities: inner.capabilities,
      commit,
      read: (keys) => inner.read(keys),
      list: (prefix, options) => inner.list(prefix, options),
      scan: (prefix, options) => inner.scan(prefix, options),
      close: () => inner.close(),
    };
    return { storage, seen };
  }

  interface Seen {
    commits: number;
    atOnceMax: number;
    failsAt: number | undefined;
  }

  async function contentOf(core: Pick<Core, "barrier">): Promise<readonly string[]> {
    const view = core.barrier.view("data/m1/", "replicated");
    const keys = await view.list("", { limit: 10_000 });
    return Promise.all(keys.map(async (key) => `${key}=${(await view.get(key))?.value.toString()}`));
  }

  test("holds what the primary holds, and gives the storage one commit after the other", async () => {
    const { storage, seen } = watched(await openMemoryStorage());
    const { primary, secondary } = await pairOf("performance", storage);
    const from = primary.log.lastIndex();
    await fill(primary);
    seen.commits = 0;
    await secondary.log.applyUpstream(await wholeBatch(primary, from));
    expect(seen).toMatchObject({ commits: 3, atOnceMax: 1 });
    expect(await contentOf(secondary)).toEqual(await contentOf(primary));
    expect(secondary.log.position().checksums.replicated).toEqual(primary.log.position().checksums.replicated);
    const reopened = await reopenTestCore(storage, { seed: 3 });
    expect(await contentOf(reopened)).toEqual(await contentOf(primary));
  });

  test("stands where its last durable commit left it when one fails, and goes on from there", async () => {
    const { storage, seen } = watched(await openMemoryStorage());
    const { primary, secondary } = await pairOf("performance", storage);
    const from = primary.log.lastIndex();
    await fill(primary);
    const batch = await wholeBatch(primary, from);
    Object.assign(seen, { commits: 0, failsAt: 2 });
    await expect(secondary.log.applyUpstream(batch)).rejects.toMatchObject({ code: "internal" });
    const reached = secondary.log.cursor("performance")?.index ?? 0;
    expect(reached).toBe(batch.entries[511]?.index);
    expect(seen.commits).toBe(2);
    const rest = batch.entries.filter(({ index }) => index > reached);
    await secondary.log.applyUpstream({ ...batch, followsIndex: reached, entries: rest });
    expect(await contentOf(secondary)).toEqual(await contentOf(primary));
  });

  test("keeps the commits before the one in which it differs", async () => {
    const { primary, secondary } = await pairOf("performance");
    const from = primary.log.lastIndex();
    await fill(primary);
    const batch = await wholeBatch(primary, from);
    const entries = batch.entries.map((entry, at) =>
      at === 700
        ? { ...entry, indexDelta: entry.indexDelta.map((delta) => ({ ...delta, delta: zeroChecksum() })) }
        : entry,
    );
    await expect(secondary.log.applyUpstream({ ...batch, entries })).rejects.toBeInstanceOf(LogDivergence);
    expect(secondary.log.cursor("performance")?.index).toBe(batch.entries[511]?.index);
  });
});
