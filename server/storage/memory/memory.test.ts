import type { CommitBatch } from "../../sdk/storage";
import { StorageConflict, StorageFull } from "../../sdk/storage";
import { StorageClosed } from "../../sdk/storage-limits";
import { openMemoryStorage } from ".";
import { MemoryDisk } from "./disk";

const put = (key: string, value: string): CommitBatch => ({
  preconditions: [],
  puts: [{ key, value: Buffer.from(value) }],
  deletes: [],
});

test("a crash loses what was not synced, all or but the first of it, and nothing else", async () => {
  for (const survivors of [0, 1, 2]) {
    const disk = new MemoryDisk();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let syncs = 0;
    const storage = await openMemoryStorage({
      disk,
      faults: { sync: () => (syncs++ === 0 ? Promise.resolve() : held) },
    });
    await storage.commit(put("kept", "1"));
    const lost = [storage.commit(put("a", "2")), storage.commit(put("b", "3"))];
    expect(await storage.list("", { limit: 10 })).toEqual(["kept"]);
    disk.crash(survivors);
    release();
    for (const commit of lost) await expect(commit).rejects.toBeInstanceOf(StorageClosed);
    await expect(storage.read(["kept"])).rejects.toBeInstanceOf(StorageClosed);
    const again = await openMemoryStorage({ disk });
    expect(await again.list("", { limit: 10 })).toEqual([...["a", "b"].slice(0, survivors), "kept"]);
    await again.close();
  }
});

test("a sync that fails fails its commits; later ones go on", async () => {
  let broken = true;
  const storage = await openMemoryStorage({
    faults: { sync: () => (broken ? Promise.reject(new Error("no medium")) : Promise.resolve()) },
  });
  await expect(storage.commit(put("a", "1"))).rejects.toThrow("no medium");
  broken = false;
  await storage.commit(put("b", "2"));
  expect(await storage.list("", { limit: 10 })).toEqual(["b"]);
});

test("a full disk refuses what would grow, and takes what does not", async () => {
  let capacity = 10;
  const storage = await openMemoryStorage({ faults: { capacityBytes: () => capacity } });
  await storage.commit(put("a", "12345"));
  await expect(storage.commit(put("b", "12345"))).rejects.toBeInstanceOf(StorageFull);
  capacity = 0;
  await storage.commit(put("a", "1234"));
  await storage.commit({ preconditions: [], puts: [], deletes: ["a"] });
  expect(await storage.list("", { limit: 10 })).toEqual([]);
});

test("calls fail when told to, and values come out changed when told to", async () => {
  let failing: string | undefined;
  let corrupting = false;
  const storage = await openMemoryStorage({
    faults: {
      fail: (operation) => (operation === failing ? new Error(`no ${operation}`) : undefined),
      corrupt: (_key, value) => (corrupting ? Buffer.from(value).fill(0, 0, 1) : value),
    },
  });
  await storage.commit(put("a", "1"));
  const calls = {
    read: () => storage.read(["a"]),
    list: () => storage.list("", { limit: 1 }),
    scan: () => storage.scan("", { limit: 1 }),
    commit: () => storage.commit(put("a", "1")),
  };
  for (const [name, call] of Object.entries(calls)) {
    failing = name;
    await expect(call()).rejects.toThrow(`no ${name}`);
    failing = undefined;
    await call();
  }
  corrupting = true;
  expect((await storage.read(["a"]))[0]?.value).toEqual(Buffer.from([0]));
  expect((await storage.scan("a", { limit: 1 }))[0]?.value).toEqual(Buffer.from([0]));
  corrupting = false;
  expect((await storage.read(["a"]))[0]?.value.toString()).toBe("1");
});

test("preconditions are decided when the commit's turn comes", async () => {
  const storage = await openMemoryStorage({ faults: { sync: () => Promise.resolve() } });
  const absent: CommitBatch = { ...put("a", "1"), preconditions: [{ key: "a", revision: 0 }] };
  const outcomes = await Promise.allSettled([storage.commit(absent), storage.commit(absent)]);
  expect(outcomes[0]?.status).toBe("fulfilled");
  expect(outcomes[1]).toMatchObject({ status: "rejected", reason: new StorageConflict("a") });
});
