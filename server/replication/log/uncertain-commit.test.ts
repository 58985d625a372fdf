import { openTestCore } from "../../lifecycle/testing/test-core";
import type { ClusterLog, LogEntry } from "../../sdk/log";
import type { Storage } from "../../sdk/storage";
import { openMemoryStorage } from "../../storage/memory/index";
import { RecentEntries } from "./recent-entries";

/** A storage whose next commit happens although it fails, and which then cannot be read for a while. */
class LyingStorage {
  liesOnce = false;
  unreadable = false;
  /** The records of entries cannot be read, everything else can. */
  entriesUnreadable = false;

  over(inner: Storage): Storage {
    const commit: Storage["commit"] = async (batch) => {
      const result = await inner.commit(batch);
      if (!this.liesOnce) return result;
      this.liesOnce = false;
      this.unreadable = true;
      throw new Error("the disk reported an error after it had written");
    };
    const readable = <Call>(call: () => Promise<Call>): Promise<Call> =>
      this.unreadable ? Promise.reject(new Error("the disk cannot be read")) : call();
    return {
      capabilities: inner.capabilities,
      commit,
      read: (keys) => readable(() => inner.read(keys)),
      list: (prefix, options) => readable(() => inner.list(prefix, options)),
      scan: (prefix, options) => {
        if (this.entriesUnreadable && prefix.includes("/w/")) return Promise.reject(new Error("a page is damaged"));
        return readable(() => inner.scan(prefix, options));
      },
      close: () => inner.close(),
    };
  }
}

const put = (log: ClusterLog, key: string) =>
  log.append({ operations: [{ class: "replicated", key: `data/m1/${key}`, value: Buffer.from(key) }] });

const keysOf = (entries: readonly LogEntry[]) => entries.flatMap((entry) => entry.operations.map(({ key }) => key));

test("an entry that is durable although its commit failed reaches listeners and followers, in order, each once", async () => {
  const lying = new LyingStorage();
  const { log, close } = await openTestCore({ storage: lying.over(await openMemoryStorage()) });
  const from = log.lastIndex();
  const heard: LogEntry[] = [];
  log.subscribe((entries) => heard.push(...entries));
  await log.readBatch(from, 10);
  await put(log, "before");
  lying.liesOnce = true;
  await expect(put(log, "uncertain")).rejects.toMatchObject({ code: "internal" });
  expect(keysOf(heard)).toEqual(["data/m1/before"]);
  await expect(put(log, "while it cannot be read")).rejects.toThrow();
  lying.unreadable = false;
  const after = await put(log, "after");
  const expected = ["data/m1/before", "data/m1/uncertain", "data/m1/after"];
  expect(after.index).toBe(from + 3);
  expect(keysOf(heard)).toEqual(expected);
  expect(heard.map(({ index }) => index)).toEqual([from + 1, from + 2, from + 3]);
  expect(keysOf(await log.readBatch(from, 10))).toEqual(expected);
  expect(keysOf(await log.readBatch(from + 1, 10))).toEqual(expected.slice(1));
  await close();
});

test("nothing counts as held that listeners were not told of: caches would answer with what was there before", async () => {
  const lying = new LyingStorage();
  const { log, close } = await openTestCore({ storage: lying.over(await openMemoryStorage()) });
  const from = log.lastIndex();
  const heard: LogEntry[] = [];
  log.subscribe((entries) => heard.push(...entries));
  lying.liesOnce = true;
  await expect(put(log, "uncertain")).rejects.toMatchObject({ code: "internal" });
  lying.unreadable = false;
  lying.entriesUnreadable = true;
  await expect(put(log, "while entries cannot be read")).rejects.toThrow();
  expect([log.lastIndex(), heard.length]).toEqual([from, 0]);
  lying.entriesUnreadable = false;
  await put(log, "after");
  expect(log.lastIndex()).toBe(from + 2);
  expect(keysOf(heard)).toEqual(["data/m1/uncertain", "data/m1/after"]);
  await close();
});

test("a follower at the tail misses nothing of it", async () => {
  const lying = new LyingStorage();
  const { log, close } = await openTestCore({ storage: lying.over(await openMemoryStorage()) });
  const ending = new AbortController();
  const followed: string[] = [];
  const following = (async () => {
    for await (const entry of log.read(log.lastIndex(), ending.signal)) {
      followed.push(...keysOf([entry]));
      if (followed.length === 3) ending.abort();
    }
  })();
  await put(log, "before");
  lying.liesOnce = true;
  await expect(put(log, "uncertain")).rejects.toMatchObject({ code: "internal" });
  lying.unreadable = false;
  await put(log, "after");
  await following;
  expect(followed).toEqual(["data/m1/before", "data/m1/uncertain", "data/m1/after"]);
  await close();
});

test("the newest entries in memory answer for what they hold only: for the rest the storage is asked", () => {
  const recent = new RecentEntries(1_000_000);
  const entry = (index: number): LogEntry => ({
    version: 1,
    index,
    epochs: { performance: { number: 0, clusterId: "c" }, dr: { number: 0, clusterId: "c" } },
    origin: { clusterId: "c", index },
    operations: [],
    indexDelta: [],
    writtenAtMilliseconds: 0,
  });
  const indices = (from: number) => recent.after(from, 10)?.map(({ index }) => index);
  expect(indices(4)).toBeUndefined();
  recent.push([entry(5), entry(6)]);
  expect(indices(4)).toEqual([5, 6]);
  expect(indices(5)).toEqual([6]);
  expect(indices(3)).toBeUndefined();
  // Nothing yet, or durable and not published yet: an empty answer would say that there is nothing.
  expect(indices(6)).toBeUndefined();
});
