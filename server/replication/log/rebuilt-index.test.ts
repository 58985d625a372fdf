import type { OpenCore } from "../../lifecycle/open-core";
import { openTestCore, reopenTestCore, TEST_GENERATION } from "../../lifecycle/testing/test-core";
import { generationRecordPrefix, storageKey } from "../../sdk/key-layout";
import type { Logger } from "../../sdk/logger";
import type { Storage, StoredPair } from "../../sdk/storage";
import { openMemoryStorage } from "../../storage/memory/index";
import { checkIndex } from "../index/merkle-check";

const LEAVES = generationRecordPrefix(TEST_GENERATION, "index");
const JOURNAL = generationRecordPrefix(TEST_GENERATION, "journal");

/** A cluster with leaves in records of their own and others in the journal, closed. */
async function written(): Promise<{ readonly storage: Storage; readonly checksums: unknown }> {
  const { storage, log, close } = await openTestCore();
  const put = (count: number, from = 0) =>
    Array.from({ length: count }, (_, n) => ({
      class: "replicated" as const,
      key: `data/m1/k${from + n}`,
      value: Buffer.from(`value ${from + n}`),
    }));
  for (const operation of put(20)) await log.append({ operations: [operation] });
  await log.append({ operations: put(200, 1_000) });
  await log.append({ operations: [{ class: "local", key: "core/token/a", value: Buffer.from("t") }] });
  const { checksums } = log.position();
  await close();
  return { storage, checksums };
}

function all(storage: Storage, prefix: string): Promise<readonly StoredPair[]> {
  return storage.scan(prefix, { limit: 100_000 });
}

async function replace(storage: Storage, key: string, value: Buffer): Promise<void> {
  await storage.commit({ preconditions: [], puts: [{ key, value }], deletes: [] });
}

async function remove(storage: Storage, key: string): Promise<void> {
  await storage.commit({ preconditions: [], puts: [], deletes: [key] });
}

function flipped(value: Buffer): Buffer {
  const damaged = Buffer.from(value);
  damaged[3] = (damaged[3] ?? 0) ^ 0x20;
  return damaged;
}

async function reopened(storage: Storage): Promise<{ readonly core: OpenCore; readonly told: readonly string[] }> {
  const told: string[] = [];
  const logger: Logger = {
    log: (_level, message, facts) => void told.push(`${message}: ${facts?.reason}`),
    named: () => logger,
  };
  return { core: await reopenTestCore(storage, { logger }), told };
}

async function first(storage: Storage, prefix: string): Promise<StoredPair> {
  const [pair] = await storage.scan(prefix, { limit: 1 });
  if (pair === undefined) throw new Error(`nothing is stored under ${prefix}`);
  return pair;
}

const DAMAGES: readonly (readonly [string, (storage: Storage) => Promise<void>])[] = [
  ["a leaf with a flipped bit", async (storage) => damage(storage, LEAVES)],
  ["a record of the journal with a flipped bit", async (storage) => damage(storage, JOURNAL)],
  ["a leaf that is gone", async (storage) => remove(storage, (await first(storage, LEAVES)).key)],
  ["a record of the journal that is gone", async (storage) => remove(storage, (await first(storage, JOURNAL)).key)],
  ["a leaf that belongs to another mount", async (storage) => misplace(storage)],
  ["a key that is no leaf's", async (storage) => replace(storage, `${LEAVES}r/m1/nonsense`, Buffer.alloc(36))],
  [
    "no index at all",
    async (storage) => {
      for (const prefix of [LEAVES, JOURNAL])
        for (const { key } of await all(storage, prefix)) await remove(storage, key);
    },
  ],
];

async function damage(storage: Storage, prefix: string): Promise<void> {
  const { key, value } = await first(storage, prefix);
  await replace(storage, key, flipped(value));
}

async function misplace(storage: Storage): Promise<void> {
  const { value } = await first(storage, `${LEAVES}r/m1/`);
  await replace(storage, `${LEAVES}r/other/0001`, value);
}

test.each(DAMAGES)(
  "%s: the index is made anew from the values, which have the sum that the log seals",
  async (_name, harm) => {
    const { storage, checksums } = await written();
    await harm(storage);
    const { core, told } = await reopened(storage);
    expect(told).toEqual([
      expect.stringMatching(/^the index was damaged and was made anew.*: .*(\/i\/|\/j\/|index of class)/),
    ]);
    expect(core.log.position().checksums).toEqual(checksums);
    await core.log.append({ operations: [{ class: "replicated", key: "data/m1/k3", value: Buffer.from("new") }] });
    for (const { pages, unreadable } of await checkIndex(core.log.index))
      expect([pages.size, unreadable]).toEqual([0, undefined]);
    await core.close();
    const again = await reopened(storage);
    expect(again.told).toEqual([]);
    await again.core.close();
  },
);

describe("with the index damaged too", () => {
  const KEY = storageKey(TEST_GENERATION, "replicated", "data/m1/k1005");

  test.each<readonly [string, (storage: Storage) => Promise<void>]>([
    ["a value that is gone", (storage) => remove(storage, KEY)],
    [
      "another key's value in its place",
      async (storage) => {
        const [other] = await storage.read([storageKey(TEST_GENERATION, "replicated", "data/m1/k1006")]);
        await replace(storage, KEY, other?.value ?? Buffer.alloc(0));
      },
    ],
    [
      "a damaged value",
      async (storage) => {
        const [stored] = await storage.read([KEY]);
        await replace(storage, KEY, flipped(stored?.value ?? Buffer.alloc(0)));
      },
    ],
  ])("%s is not sworn to: the cluster stays shut, and nothing stored is changed", async (_name, harm) => {
    const { storage } = await written();
    await harm(storage);
    await damage(storage, LEAVES);
    const before = await all(storage, "");
    await expect(reopenTestCore(storage)).rejects.toMatchObject({ code: "corrupt" });
    expect(await all(storage, "")).toEqual(before);
  });
});

test("one that is killed while it makes the index anew does so at the next opening", async () => {
  const { storage, checksums } = await written();
  for (const { key } of await all(storage, LEAVES)) await remove(storage, key);
  let commitsLeft = 1;
  const dying: Storage = {
    ...(await openMemoryStorage()),
    read: (keys) => storage.read(keys),
    list: (prefix, options) => storage.list(prefix, options),
    scan: (prefix, options) => storage.scan(prefix, options),
    commit: (batch) => (commitsLeft-- > 0 ? storage.commit(batch) : Promise.reject(new Error("killed"))),
  };
  await expect(reopenTestCore(dying)).rejects.toThrow("killed");
  expect(await all(storage, JOURNAL)).toEqual([]);
  const { core, told } = await reopened(storage);
  expect([told.length, core.log.position().checksums]).toEqual([1, checksums]);
  await core.close();
});

test("a cluster that has lost its right to write makes no index anew", async () => {
  const { storage } = await written();
  await damage(storage, LEAVES);
  const before = await all(storage, "");
  const fence = () => [{ key: "lease", revision: 7 }];
  await expect(reopenTestCore(storage, { fence })).rejects.toThrow("lease");
  expect(await all(storage, "")).toEqual(before);
});
