import fc from "fast-check";
import { openTestCore, reopenTestCore, TEST_GENERATION } from "../lifecycle/testing/test-core";
import { generationRecordPrefix, storageKey } from "../sdk/key-layout";
import type { View } from "../sdk/view";
import { MemoryDisk } from "../storage/memory/disk";
import { openMemoryStorage } from "../storage/memory/index";

async function write(view: View, pairs: Readonly<Record<string, string>>): Promise<void> {
  await view.commit(Object.entries(pairs).map(([key, value]) => view.put(key, Buffer.from(value))));
}

test("what is written is read, listed, peeked and deleted; conditions hold", async () => {
  const core = await openTestCore();
  const view = core.barrier.view("data/m1/", "replicated");
  const receipt = await view.commit([view.put("a", Buffer.from("1"), { ifRevision: 0 })]);
  expect(receipt.index).toBe(core.log.lastIndex());
  // Who wrote it need not decrypt it again.
  expect(view.peek("a")?.value.toString()).toBe("1");
  const read = await view.get("a");
  expect(read?.value.toString()).toBe("1");
  expect(view.peek("a")).toBe(read);
  await expect(view.commit([view.put("a", Buffer.from("2"), { ifRevision: 0 })])).rejects.toMatchObject({
    code: "write_conflict",
  });
  await view.commit([view.put("a", Buffer.from("2"), { ifRevision: read?.revision ?? -1 })]);
  expect((await view.get("a"))?.value.toString()).toBe("2");
  await view.commit([view.delete("a")]);
  expect(await view.get("a")).toBeUndefined();
  await core.close();
  await expect(view.get("a")).rejects.toMatchObject({ code: "sealed" });
  await expect(view.list("", { limit: 1 })).rejects.toMatchObject({ code: "sealed" });
  await expect(view.commit([view.delete("a")])).rejects.toMatchObject({ code: "sealed" });
});

test("what is remembered of writes is what is stored, whatever shares a commit and whoever reads meanwhile", async () => {
  const storage = await openMemoryStorage();
  const core = await openTestCore({ storage });
  const view = core.barrier.view("data/m1/", "replicated");
  const buffers = Array.from({ length: 60 }, (_, n) => Buffer.from(`value ${n}`));
  await Promise.all(
    buffers.flatMap((value, n) => [
      view.commit([n % 7 === 4 ? view.delete(`k${n % 5}`) : view.put(`k${n % 5}`, value)]),
      view.get(`k${n % 5}`),
    ]),
  );
  for (const buffer of buffers) buffer.fill(0);
  const reopened = (await reopenTestCore(storage)).barrier.view("data/m1/", "replicated");
  for (let n = 0; n < 5; n++) {
    const stored = await reopened.get(`k${n}`);
    expect(stored?.value.toString()).toMatch(/^value \d+$/);
    expect(view.peek(`k${n}`)).toEqual(stored);
  }
});

test("a write that fails leaves nothing behind in memory", async () => {
  let failing = false;
  const storage = await openMemoryStorage({
    faults: { fail: (operation) => (failing && operation === "commit" ? new Error("no disk") : undefined) },
  });
  const view = (await openTestCore({ storage })).barrier.view("data/m1/", "replicated");
  await write(view, { a: "1" });
  failing = true;
  await expect(write(view, { a: "2" })).rejects.toMatchObject({ code: "internal" });
  expect(view.peek("a")).toBeUndefined();
  expect((await view.get("a"))?.value.toString()).toBe("1");
});

test("a listing names what lies directly under a prefix, whatever the keys and wherever it goes on", async () => {
  const core = await openTestCore();
  const segment = fc.constantFrom("a", "b", "a!", "a0", "ab", "\u{10ffff}", "\ue000", "__proto__");
  const keys = fc.uniqueArray(
    fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")),
    {
      maxLength: 90,
    },
  );
  let round = 0;
  await fc.assert(
    fc.asyncProperty(keys, fc.integer({ min: 1, max: 5 }), async (names, limit) => {
      const view = core.barrier.view(`data/list${round++}/`, "local");
      if (names.length > 0) await view.commit(names.map((name) => view.put(name, Buffer.alloc(0))));
      const direct = new Set(names.map((name) => (name.includes("/") ? `${name.split("/")[0]}/` : name)));
      const expected = [...direct].sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
      expect(await view.list("", { limit: 1000 })).toEqual(expected);
      const paged: string[] = [];
      for (;;) {
        const after = paged[paged.length - 1];
        const page = await view.list("", after === undefined ? { limit } : { limit, after });
        if (page.length === 0) break;
        paged.push(...page);
      }
      expect(paged).toEqual(expected);
    }),
    { numRuns: 40 },
  );
});

test("a ciphertext moved to another path, class or generation of another set does not open", async () => {
  const disk = new MemoryDisk();
  let swap: ((key: string) => string) | undefined;
  const storage = await openMemoryStorage({
    disk,
    faults: { corrupt: (key, value) => (swap ? (disk.get(swap(key))?.value ?? value) : value) },
  });
  const core = await openTestCore({ storage });
  const view = core.barrier.view("data/m1/", "replicated");
  await write(view, { x: "secret of x", y: "secret of y" });
  const x = storageKey(TEST_GENERATION, "replicated", "data/m1/x");
  const y = storageKey(TEST_GENERATION, "replicated", "data/m1/y");
  swap = (key) => (key === y ? x : key);
  // Of what a barrier wrote itself it has the plaintext.
  expect((await view.get("y"))?.value.toString()).toBe("secret of y");
  const { barrier } = await reopenTestCore(storage);
  await expect(barrier.view("data/m1/", "replicated").get("y")).rejects.toMatchObject({
    code: "corrupt",
    detail: expect.stringContaining("r/data/m1/y"),
  });
  // The cipher alone refuses too, without the stored CRC.
  const [ciphertext] = await core.log.readCiphertexts("replicated", ["data/m1/x"]);
  if (ciphertext === undefined) throw new Error("no ciphertext");
  expect(core.cipher.decrypt("replicated", "data/m1/x", ciphertext).toString()).toBe("secret of x");
  expect(() => core.cipher.decrypt("replicated", "data/m1/y", ciphertext)).toThrow("r/data/m1/y");
  expect(() => core.cipher.decrypt("local", "data/m1/x", ciphertext)).toThrow("corrupt");
});

test("a flipped bit in any stored record is refused when it is opened or read; one in the index is mended from the values", async () => {
  const disk = new MemoryDisk();
  const first = await openTestCore({ storage: await openMemoryStorage({ disk }) });
  await write(first.barrier.view("data/m1/", "replicated"), { x: "1", y: "2" });
  await write(first.barrier.view("core/token/", "local"), { t: "3" });
  await write(first.barrier.view("core/", "node"), { n: "4" });
  await first.close();
  await first.storage.close();
  const records = disk.range("", undefined, 1000);
  expect(records.length).toBeGreaterThan(10);
  for (const { key: damaged, value } of records) {
    for (let bit = 0; bit < value.length * 8; bit += value.length > 100 ? 37 : 5) {
      const corrupt = (key: string, stored: Buffer): Buffer => {
        if (key !== damaged) return stored;
        const flipped = Buffer.from(stored);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return flipped;
      };
      const storage = await openMemoryStorage({ disk, faults: { corrupt } });
      const isIndex = damaged.startsWith(generationRecordPrefix(TEST_GENERATION, "index"));
      const read = readEverything(storage).catch((error: unknown) => error);
      if (isIndex) await expect(read).resolves.toBeUndefined();
      else await expect(read).resolves.toMatchObject({ code: "corrupt" });
      disk.crash();
    }
  }
});

async function readEverything(storage: Awaited<ReturnType<typeof openMemoryStorage>>): Promise<void> {
  const core = await reopenTestCore(storage);
  for (const keyClass of ["replicated", "local", "node"] as const) {
    const view = core.barrier.view("", keyClass);
    for (const key of await view.listAll("", { limit: 100 })) {
      if (key !== "core/keyring") await view.get(key);
    }
  }
  await core.log.readBatch(0, 1000);
  await core.log.exportChunk({
    classes: ["local", "replicated"],
    includeMount: () => true,
    after: undefined,
    limitPairs: 1000,
    limitBytes: 1e9,
  });
}

test("an old value that was damaged is not overwritten: the index could not follow", async () => {
  const disk = new MemoryDisk();
  const target = storageKey(TEST_GENERATION, "replicated", "data/m1/x");
  let damage = false;
  const corrupt = (key: string, value: Buffer): Buffer =>
    damage && key === target ? Buffer.alloc(value.length) : value;
  const core = await openTestCore({ storage: await openMemoryStorage({ disk, faults: { corrupt } }) });
  const view = core.barrier.view("data/m1/", "replicated");
  await write(view, { x: "1" });
  damage = true;
  const [bad, good] = await Promise.allSettled([write(view, { x: "2" }), write(view, { y: "2" })]);
  expect(bad).toMatchObject({ status: "rejected", reason: { code: "corrupt" } });
  expect(good).toMatchObject({ status: "fulfilled" });
});

test("rotation: old values stay readable, new ones use the new key, the count goes on over a restart", async () => {
  const disk = new MemoryDisk();
  const core = await openTestCore({ storage: await openMemoryStorage({ disk }) });
  const view = core.barrier.view("data/m1/", "replicated");
  await write(view, { x: "1" });
  const before = core.barrier.keyStatus();
  expect(before.encryptions).toBeGreaterThan(0);
  const after = await core.barrier.rotate();
  expect(after.term).toBe(2);
  expect(after.activeKeyId).not.toBe(before.activeKeyId);
  await write(view, { y: "2" });
  await core.close();
  await core.storage.close();
  const again = await reopenTestCore(await openMemoryStorage({ disk }));
  const reopened = again.barrier.view("data/m1/", "replicated");
  expect((await reopened.get("x"))?.value.toString()).toBe("1");
  expect((await reopened.get("y"))?.value.toString()).toBe("2");
  expect(again.barrier.keyStatus().encryptions).toBeGreaterThan(after.encryptions);
});

test("a read that began before a write does not put the old value into the cache", async () => {
  const core = await openTestCore();
  const view = core.barrier.view("data/m1/", "replicated");
  await write(view, { x: "old" });
  for (let round = 0; round < 50; round++) {
    const value = `v${round}`;
    await Promise.all([view.get("x"), write(view, { x: value }), view.get("x")]);
    expect((await view.get("x"))?.value.toString()).toBe(value);
  }
});
