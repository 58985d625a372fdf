import { openTestCore, reopenTestCore } from "../../lifecycle/testing/test-core";
import type { CommitBatch, Storage } from "../../sdk/storage";
import { openMemoryStorage } from "../../storage/memory/index";

/** Readable at once, durable when told: what an engine may do that syncs after it has published a transaction. */
async function lateStorage(): Promise<{ storage: Storage; hold(): void; release(): void }> {
  const inner = await openMemoryStorage();
  let waiting: Promise<void> | undefined;
  let release = (): void => undefined;
  const storage: Storage = {
    capabilities: inner.capabilities,
    read: (keys) => inner.read(keys),
    list: (prefix, options) => inner.list(prefix, options),
    scan: (prefix, options) => inner.scan(prefix, options),
    async commit(batch: CommitBatch) {
      const revision = await inner.commit(batch);
      await waiting;
      return revision;
    },
    close: () => inner.close(),
  };
  const hold = (): void => {
    waiting = new Promise((resolve) => {
      release = resolve;
    });
  };
  return { storage, hold, release: () => release() };
}

test("an entry is not read from the storage before its commit is durable", async () => {
  const { storage, hold, release } = await lateStorage();
  await openTestCore({ storage });
  // Opened again, nothing is in memory: batches are read from the storage.
  const { log } = await reopenTestCore(storage);
  const append = (value: string) =>
    log.append({ operations: [{ class: "replicated", key: "data/m/k", value: Buffer.from(value) }] });
  const durable = log.lastIndex();
  hold();
  const appended = append("value");
  await new Promise((settle) => setImmediate(settle));
  const early = await log.readBatch(durable - 1, 10);
  expect(early.map((entry) => entry.index)).toEqual([durable]);
  release();
  await appended;
  expect((await log.readBatch(durable - 1, 10)).map((entry) => entry.index)).toEqual([durable, durable + 1]);
});
