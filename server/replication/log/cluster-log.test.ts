import fc from "fast-check";
import { openTestCore, reopenTestCore } from "../../lifecycle/testing/test-core";
import { addChecksum, zeroChecksum } from "../../sdk/checksum";
import { isServerError } from "../../sdk/errors";
import { mountIdOfKey } from "../../sdk/key-layout";
import { type AppendOperation, type ClusterLog, type LogEntry, LogTruncated } from "../../sdk/log";
import { MemoryDisk } from "../../storage/memory/disk";
import { openMemoryStorage } from "../../storage/memory/index";
import { MultisetHasher } from "../index/multiset-hash";

const CLASSES = ["replicated", "local"] as const;
const KEYS = ["data/m1/a", "data/m1/b", "data/m2/a", "mounts/m1", "core/policy/p", "core/token/t"];
const operation = fc.record({
  class: fc.constantFrom("replicated" as const, "local" as const, "node" as const),
  key: fc.constantFrom(...KEYS),
  value: fc.option(
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    { nil: undefined },
  ),
  mustNotExist: fc.boolean(),
});
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;
const appends = fc.array(fc.array(operation, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 30 });

function toAppend({ class: keyClass, key, value, mustNotExist }: Operation): AppendOperation {
  return { class: keyClass, key, value, ...(mustNotExist ? { ifRevision: 0 } : {}) };
}

/** The sums as they would be had the index never been kept up to date. */
async function recomputed(log: ClusterLog, hasher: MultisetHasher): Promise<Record<(typeof CLASSES)[number], Buffer>> {
  const sums = { replicated: zeroChecksum(), local: zeroChecksum() };
  const request = { classes: CLASSES, includeMount: () => true, limitPairs: 3, limitBytes: 1e6 };
  for (let after: string | undefined; ; ) {
    const chunk = await log.exportChunk({ ...request, after });
    for (const pair of chunk.pairs) {
      addChecksum(sums[pair.class], hasher.element(pair.class, pair.mountId, pair.key, pair.value));
    }
    if (chunk.next === undefined) return sums;
    after = chunk.next;
  }
}

test("concurrent appends behave as one after the other, and the index equals one made from scratch", async () => {
  await fc.assert(
    fc.asyncProperty(appends, fc.integer({ min: 1, max: 8 }), async (requests, width) => {
      const core = await openTestCore();
      const { log } = core;
      const model = new Map<string, Buffer>();
      const lastIndex = log.lastIndex();
      let expectedIndex = lastIndex;
      for (let at = 0; at < requests.length; at += width) {
        const group = requests.slice(at, at + width);
        const results = await Promise.allSettled(group.map((one) => log.append({ operations: one.map(toAppend) })));
        group.forEach((one, position) => {
          const conflict = one.some((item) => item.mustNotExist && model.has(`${item.class}/${item.key}`));
          const result = results[position];
          expect(result?.status).toBe(conflict ? "rejected" : "fulfilled");
          if (result?.status === "rejected") expect(isServerError(result.reason, "write_conflict")).toBe(true);
          if (result?.status !== "fulfilled") return;
          for (const { class: keyClass, key, value } of one) {
            if (value === undefined) model.delete(`${keyClass}/${key}`);
            else model.set(`${keyClass}/${key}`, value);
          }
          if (one.some((item) => item.class !== "node")) expectedIndex++;
          expect(result.value.index).toBe(expectedIndex);
        });
      }
      for (const keyClass of CLASSES) {
        const values = await log.readCiphertexts(keyClass, KEYS);
        expect(values).toEqual(KEYS.map((key) => model.get(`${keyClass}/${key}`)));
      }
      const hasher = new MultisetHasher(core.cipher.keyring.logKeys().index);
      const { checksums } = log.position();
      expect(checksums).toEqual(await recomputed(log, hasher));
      await core.close();
      const again = await reopenTestCore(core.storage);
      expect(again.log.position()).toEqual({ index: expectedIndex, checksums });
      expect(again.log.index.mounts()).toEqual(expect.arrayContaining([...log.index.mounts()]));
      // Deltas of the entries lead from nothing to the position.
      const sums = { replicated: zeroChecksum(), local: zeroChecksum() };
      const entries = await again.log.readBatch(0, 1000);
      expect(entries.map((entry) => entry.index)).toEqual(entries.map((_, index) => index + 1));
      for (const entry of entries)
        for (const { class: keyClass, delta } of entry.indexDelta) addChecksum(sums[keyClass], delta);
      expect(sums).toEqual(checksums);
    }),
    { numRuns: 60 },
  );
});

test("checksums of a filtered subset, pages, leaves and elements fit together", async () => {
  const { log } = await openTestCore();
  for (let at = 0; at < 300; at++) {
    await log.append({
      operations: [{ class: "replicated", key: `data/m${at % 3}/k${at}`, value: Buffer.from(`${at}`) }],
    });
  }
  const parts = [(id: string) => id === "m1", (id: string) => id !== "m1"].map((include) =>
    log.checksumOf(include, ["replicated"]),
  );
  const sum = zeroChecksum();
  for (const part of parts) addChecksum(sum, part);
  expect(sum).toEqual(log.position().checksums.replicated);
  const leaves = log.index
    .pages("replicated", "m1")
    .flatMap((page) => log.index.leaves("replicated", "m1", page.number));
  const wanted = new Set(leaves.map((leaf) => leaf.number));
  const keys: string[] = [];
  const byLeaf = new Map<number, Buffer>();
  for (let after: string | undefined; ; ) {
    const walk = await log.index.elements("replicated", "m1", wanted, { limit: 7, ...(after ? { after } : {}) });
    for (const { key, leaf, hash } of walk.elements) {
      keys.push(key);
      const total = byLeaf.get(leaf) ?? zeroChecksum();
      addChecksum(total, hash);
      byLeaf.set(leaf, total);
    }
    if (walk.next === undefined) break;
    after = walk.next;
  }
  expect(keys).toHaveLength(100);
  expect(keys.every((key) => mountIdOfKey(key) === "m1")).toBe(true);
  expect([...byLeaf].sort(([a], [b]) => a - b)).toEqual(leaves.map((leaf) => [leaf.number, leaf.sum]));
});

test("after a power cut everything acknowledged is there, and nothing in part", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 25 }), fc.nat(3), async (commitsBefore, survivors) => {
      const disk = new MemoryDisk();
      let syncs = 0;
      const sync = async (): Promise<void> => {
        if (++syncs === commitsBefore) disk.crash(survivors);
      };
      const storage = await openMemoryStorage({ disk, faults: { sync } });
      const acknowledged: number[] = [];
      try {
        const core = await openTestCore({ storage });
        for (let round = 0; round < 12; round++) {
          const writes = [0, 1, 2].map(async (lane) => {
            const n = round * 3 + lane;
            const pair = ["x", "y"].map((name) => ({
              class: "replicated" as const,
              key: `data/m1/${name}${n}`,
              value: Buffer.from(`${n}`),
            }));
            await core.log.append({ operations: pair });
            acknowledged.push(n);
          });
          await Promise.all(writes);
        }
      } catch {
        // The power cut.
      }
      disk.crash();
      const reopened = await reopenTestCore(await openMemoryStorage({ disk })).catch((error: unknown) => error);
      if (isServerError(reopened, "corrupt")) {
        expect(acknowledged).toEqual([]);
        expect(disk.usedBytes).toBe(0);
        return;
      }
      if (!(reopened instanceof Object) || !("log" in reopened)) throw reopened;
      const { log, cipher } = reopened as Awaited<ReturnType<typeof reopenTestCore>>;
      for (let n = 0; n < 36; n++) {
        const [x, y] = await log.readCiphertexts("replicated", [`data/m1/x${n}`, `data/m1/y${n}`]);
        expect(x).toEqual(y);
        if (acknowledged.includes(n)) expect(x?.toString()).toBe(`${n}`);
      }
      const hasher = new MultisetHasher(cipher.keyring.logKeys().index);
      expect(log.position().checksums).toEqual(await recomputed(log, hasher));
      expect(
        (await log.append({ operations: [{ class: "local", key: "core/a", value: Buffer.alloc(1) }] })).index,
      ).toBe(log.lastIndex());
    }),
    { numRuns: 40 },
  );
});

test("a commit whose outcome is unknown is looked up: followers miss nothing, and writing goes on", async () => {
  const disk = new MemoryDisk();
  const real = await openMemoryStorage({ disk });
  let failAfter = false;
  const storage: typeof real = {
    capabilities: real.capabilities,
    read: (keys) => real.read(keys),
    list: (prefix, options) => real.list(prefix, options),
    scan: (prefix, options) => real.scan(prefix, options),
    close: () => real.close(),
    commit: async (batch) => {
      const revision = await real.commit(batch);
      if (failAfter) throw new Error("the connection broke after the commit");
      return revision;
    },
  };
  const core = await openTestCore({ storage });
  const view = core.barrier.view("data/m1/", "replicated");
  await view.commit([view.put("a", Buffer.from("1"))]);
  await view.get("a");
  const seen: number[] = [];
  core.log.subscribe((entries) => seen.push(...entries.map((entry) => entry.index)));
  failAfter = true;
  await expect(view.commit([view.put("a", Buffer.from("2"))])).rejects.toMatchObject({ code: "internal" });
  failAfter = false;
  expect((await view.get("a"))?.value.toString()).toBe("2");
  const { index } = await view.commit([view.put("b", Buffer.from("3"))]);
  expect(seen).toEqual([index - 1, index]);
});

test("a full disk refuses the write alone; reads and small writes go on", async () => {
  const disk = new MemoryDisk();
  let capacity = Number.POSITIVE_INFINITY;
  const storage = await openMemoryStorage({ disk, faults: { capacityBytes: () => capacity } });
  const core = await openTestCore({ storage });
  const view = core.barrier.view("data/m1/", "replicated");
  await view.commit([view.put("a", Buffer.from("1"))]);
  capacity = disk.usedBytes + 5_000;
  const [large, small] = await Promise.allSettled([
    view.commit([view.put("large", Buffer.alloc(100_000))]),
    view.commit([view.put("small", Buffer.alloc(10))]),
  ]);
  expect(large).toMatchObject({ status: "rejected", reason: { code: "storage_full", status: 507 } });
  expect(small).toMatchObject({ status: "fulfilled" });
  expect((await view.get("a"))?.value.toString()).toBe("1");
});

test("the gate refuses by class, and closing it waits for what it let pass", async () => {
  const { log } = await openTestCore();
  const put = (keyClass: "replicated" | "local", n: number): Promise<unknown> =>
    log.append({ operations: [{ class: keyClass, key: `core/${n}`, value: Buffer.alloc(1) }] });
  const before = [1, 2, 3].map((n) => put("replicated", n));
  const closing = log.setWriteGate((classes) => (classes.has("replicated") ? "read_only" : undefined));
  const after = put("replicated", 4);
  await expect(after).rejects.toMatchObject({ code: "read_only" });
  await closing;
  const index = log.lastIndex();
  await Promise.allSettled(before);
  expect(log.lastIndex()).toBe(index);
  await put("local", 5);
  expect(log.lastIndex()).toBe(index + 1);
});

test("followers get every entry once, from memory or storage, and learn when the log was truncated", async () => {
  const core = await openTestCore({ retentionBytes: 20_000 });
  const { log } = core;
  const abort = new AbortController();
  const followed: LogEntry[] = [];
  const following = (async () => {
    for await (const entry of log.read(0, abort.signal)) followed.push(entry);
  })();
  const append = (n: number): Promise<unknown> =>
    log.append({ operations: [{ class: "replicated", key: `core/${n}`, value: Buffer.alloc(200, n) }] });
  for (let n = 0; n < 30; n++) await append(n);
  const last = log.lastIndex();
  while (followed.length < last) await append(100);
  expect(followed.map((entry) => entry.index)).toEqual(followed.map((_, at) => at + 1));
  expect(followed[5]).toEqual((await log.readBatch(5, 1))[0]);
  await log.truncate(10);
  expect(log.oldestIndex()).toBe(10);
  await expect(log.readBatch(5, 1)).rejects.toBeInstanceOf(LogTruncated);
  expect((await log.readBatch(9, 1))[0]?.index).toBe(10);
  await expect(log.readBatch(log.lastIndex() + 1, 1)).rejects.toBeInstanceOf(RangeError);
  for (let n = 0; n < 100; n++) await append(n);
  await log.setWriteGate(() => undefined);
  await append(0);
  expect(log.storedBytes()).toBeLessThan(25_000);
  expect(log.oldestIndex()).toBeGreaterThan(10);
  await log.truncate(1e9);
  expect(log.oldestIndex()).toBe(log.lastIndex());
  abort.abort();
  await following;
  await core.close();
  const again = await reopenTestCore(core.storage);
  expect(again.log.oldestIndex()).toBe(again.log.lastIndex());
  expect(await again.log.readBatch(again.log.lastIndex(), 5)).toEqual([]);
});

test("two writers of one log: the second one is fenced, never mixed in", async () => {
  const core = await openTestCore();
  const rival = await reopenTestCore(core.storage);
  const one = { operations: [{ class: "replicated" as const, key: "core/a", value: Buffer.alloc(1) }] };
  await core.log.append(one);
  await expect(rival.log.append(one)).rejects.toMatchObject({ code: "fenced" });
  expect(rival.log.lastIndex()).toBe(core.log.lastIndex());
});
