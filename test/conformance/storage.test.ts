import * as fc from "fast-check";
import type { CommitBatch, Storage } from "../../server/sdk/storage";
import { HEADROOM_BYTES, StorageConflict } from "../../server/sdk/storage";
import { StorageClosed, StorageRefused } from "../../server/sdk/storage-limits";
import { type StorageEngine, type StoragePlace, storageEngines } from "./storage-engines";
import { StorageModel, steps } from "./storage-model";

const put = (key: string, value: string | Buffer): CommitBatch => ({
  preconditions: [],
  puts: [{ key, value: Buffer.from(value) }],
  deletes: [],
});

describe.each(storageEngines)("$name", (engine: StorageEngine) => {
  let place: StoragePlace;
  let storage: Storage;
  beforeEach(async () => {
    place = await engine.place();
    storage = await place.open();
  });
  afterEach(async () => {
    await storage.close();
    await place.remove();
  });

  const text = async (key: string): Promise<string | undefined> => (await storage.read([key]))[0]?.value.toString();

  test("random operations do what the model says, across reopening", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const ground = await engine.place();
        let subject = await ground.open();
        try {
          const model = new StorageModel();
          for (const step of sequence) {
            if (step.kind === "commit") await model.commit(subject, step);
            else if (step.kind === "range") await model.range(subject, step);
            else {
              await subject.close();
              subject = await ground.open();
            }
          }
          await model.everything(subject);
        } finally {
          await subject.close();
          await ground.remove();
        }
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  test("of concurrent commits with the same precondition one wins, and the others learn which key it was", async () => {
    await storage.commit(put("counter", "0"));
    const [stored] = await storage.read(["counter"]);
    const revision = stored?.revision ?? -1;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 64 }, (_, index) =>
        storage.commit({
          preconditions: [{ key: "counter", revision }],
          puts: [
            { key: "counter", value: Buffer.from(String(index)) },
            { key: `mark/${index}`, value: Buffer.alloc(0) },
          ],
          deletes: [],
        }),
      ),
    );
    const winners = outcomes.flatMap((outcome, index) => (outcome.status === "fulfilled" ? [index] : []));
    expect(winners).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") continue;
      expect(outcome.reason).toBeInstanceOf(StorageConflict);
      expect(outcome.reason).toMatchObject({ key: "counter" });
    }
    expect(await text("counter")).toBe(String(winners[0]));
    expect(await storage.list("mark/", { limit: 100 })).toEqual([`mark/${winners[0]}`]);
  });

  test("concurrent commits that do not touch each other all succeed, in order for one key", async () => {
    const commits = Array.from({ length: 500 }, (_, index) => storage.commit(put(`k/${index % 50}`, String(index))));
    await Promise.all(commits);
    expect(await storage.list("k/", { limit: 1000 })).toHaveLength(50);
    expect(await text("k/49")).toBe("499");
  });

  test("a commit is visible as soon as it resolves and not before it was asked for", async () => {
    for (let round = 0; round < 20; round++) {
      expect(await text("visible")).toBe(round === 0 ? undefined : String(round - 1));
      await storage.commit(put("visible", String(round)));
      expect(await text("visible")).toBe(String(round));
    }
  });

  test("a commit tells the revision that all it put has now, also where commits share a sync", async () => {
    const given = await Promise.all(
      Array.from({ length: 40 }, (_, n) => {
        const puts = ["x", "y"].map((name) => ({ key: `${name}/${n % 8}`, value: Buffer.from(String(n)) }));
        return storage.commit({ preconditions: [], puts, deletes: [] });
      }),
    );
    expect(new Set(given).size).toBe(40);
    for (let n = 0; n < 8; n++) {
      const read = await storage.read([`x/${n}`, `y/${n}`]);
      expect(read.map((stored) => stored?.revision)).toEqual([given[32 + n], given[32 + n]]);
    }
  });

  test("a read sees either all of a commit or nothing of it", async () => {
    const keys = ["x/1", "x/2", "x/3"];
    const writing = (async () => {
      for (let round = 0; round < 100; round++) {
        const puts = keys.map((key) => ({ key, value: Buffer.from(String(round)) }));
        await storage.commit({ preconditions: [], puts, deletes: [] });
      }
    })();
    let done = false;
    void writing.then(() => {
      done = true;
    });
    while (!done) {
      const values = (await storage.read(keys)).map((stored) => stored?.value.toString());
      expect(new Set(values).size).toBe(1);
      const pairs = await storage.scan("x/", { limit: 10 });
      expect(new Set(pairs.map((pair) => pair.value.toString())).size).toBeLessThanOrEqual(1);
      await new Promise(setImmediate);
    }
    await writing;
  });

  test("empty and large values come back as they were, also when reopened", async () => {
    const large = Buffer.alloc(storage.capabilities.valueBytesMax, 0xa5);
    large.write("start");
    await storage.commit(put("large", large));
    await storage.commit(put("empty", ""));
    const sizes = [1, 4087, 4088, 4089, 65_535, 65_536, 1_000_003];
    const puts = sizes.map((size) => ({ key: `size/${size}`, value: Buffer.alloc(size, size % 251) }));
    await storage.commit({ preconditions: [], puts, deletes: [] });
    await storage.close();
    storage = await place.open();
    const [largeBack, emptyBack] = await storage.read(["large", "empty"]);
    expect(largeBack?.value.equals(large)).toBe(true);
    expect(emptyBack?.value).toHaveLength(0);
    for (const { key, value } of await storage.scan("size/", { limit: 100 })) {
      expect(value.equals(puts.find((written) => written.key === key)?.value ?? Buffer.alloc(0))).toBe(true);
    }
    const back = await storage.read(puts.map((written) => written.key));
    for (const [index, written] of puts.entries()) expect(back[index]?.value.equals(written.value)).toBe(true);
  });

  test("what the caller does to a buffer, before or after, changes nothing in the storage", async () => {
    const given = Buffer.from("first");
    const committed = storage.commit({ preconditions: [], puts: [{ key: "own", value: given }], deletes: [] });
    given.fill(0);
    await committed;
    const [stored] = await storage.read(["own"]);
    expect(stored?.value.toString()).toBe("first");
    stored?.value.fill(0);
    const [pair] = await storage.scan("own", { limit: 1 });
    expect(pair?.value.toString()).toBe("first");
    pair?.value.fill(0);
    expect(await text("own")).toBe("first");
    const [kept] = await storage.read(["own"]);
    await storage.commit(put("own", "later"));
    await storage.read(["own"]);
    expect(kept?.value.toString()).toBe("first");
  });

  test("values that were given away with room in front of them come back as they were, also beside copied ones", async () => {
    const sizes = [0, 1, 24, 4_096, 70_000];
    const memory = Buffer.alloc(
      sizes.reduce((sum, size) => sum + HEADROOM_BYTES + size, 0),
      0xee,
    );
    let end = 0;
    const given = sizes.map((size, at) => {
      const start = end + HEADROOM_BYTES;
      end = start + size;
      const value = memory.subarray(start, end).fill(at + 1);
      return { key: `given/${at}`, value, headroomBytes: HEADROOM_BYTES };
    });
    const little = { key: "given/little", value: Buffer.from("-little").subarray(1), headroomBytes: 1 };
    const copied = { key: "given/copied", value: Buffer.from("copied") };
    await storage.commit({ preconditions: [], puts: [...given, little, copied], deletes: [] });
    copied.value.fill(0);
    await storage.close();
    storage = await place.open();
    for (const [at, size] of sizes.entries()) {
      const [stored] = await storage.read([`given/${at}`]);
      expect(stored?.value.equals(Buffer.alloc(size, at + 1))).toBe(true);
    }
    expect(await text("given/little")).toBe("little");
    expect(await text("given/copied")).toBe("copied");
  });

  test("what is over the limits is refused whole, with a reason that quotes no value", async () => {
    const { keyBytesMax, valueBytesMax, operationsPerCommitMax } = storage.capabilities;
    const tooMany = Array.from({ length: operationsPerCommitMax }, (_, index) => `d/${index}`);
    const memory = Buffer.from(new ArrayBuffer(16));
    const refused: [CommitBatch, RegExp][] = [
      [
        put("k".repeat(keyBytesMax + 1), "v"),
        new RegExp(`key of ${keyBytesMax + 1} bytes, at most ${keyBytesMax} fit`),
      ],
      [put("é".repeat(keyBytesMax / 2 + 1), "v"), /key of/],
      [put("", "v"), /key is empty/],
      [put("\ud800", "v"), /no UTF-8 form/],
      [put("v", Buffer.alloc(valueBytesMax + 1)), /value of/],
      [{ ...put("k", "v"), puts: [{ key: "k", value: memory.subarray(4), headroomBytes: 8 }] }, /has 4 bytes in front/],
      [{ ...put("k", "v"), deletes: tooMany }, /operations/],
      [{ ...put("k", "v"), deletes: ["k"] }, /written twice/],
      [{ ...put("k", "v"), preconditions: [{ key: "", revision: 0 }] }, /key is empty/],
    ];
    for (const [batch, reason] of refused) {
      const whole = { ...batch, puts: [...batch.puts, { key: "other", value: Buffer.from("v") }] };
      const outcome = storage.commit(whole);
      await expect(outcome).rejects.toBeInstanceOf(StorageRefused);
      await expect(outcome).rejects.toThrow(reason);
    }
    expect(await storage.list("", { limit: 10 })).toEqual([]);
    await storage.commit({ preconditions: [], puts: [], deletes: tooMany });
    await storage.commit(put("k".repeat(keyBytesMax), "v"));
    expect(await text("k".repeat(keyBytesMax))).toBe("v");
    expect(await text("k".repeat(keyBytesMax + 1))).toBeUndefined();
    expect(await text("")).toBeUndefined();
  });

  test("as many operations as the limit says fit in one commit", async () => {
    const count = storage.capabilities.operationsPerCommitMax;
    const puts = Array.from({ length: count }, (_, index) => ({
      key: `many/${String(index).padStart(8, "0")}`,
      value: Buffer.alloc(100, index % 256),
    }));
    await storage.commit({ preconditions: [], puts, deletes: [] });
    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await storage.list("many/", { limit: 999, ...(after === undefined ? {} : { after }) });
      if (page.length === 0) break;
      seen.push(...page);
      after = page.at(-1);
    }
    expect(seen).toEqual(puts.map((written) => written.key));
  }, 30_000);

  test("close waits for commits under way; afterwards every call says that it is closed", async () => {
    const commits = Array.from({ length: 20 }, (_, index) => storage.commit(put(`late/${index}`, "v")));
    await storage.close();
    await Promise.all(commits);
    await expect(storage.commit(put("k", "v"))).rejects.toBeInstanceOf(StorageClosed);
    await expect(storage.read(["k"])).rejects.toBeInstanceOf(StorageClosed);
    await expect(storage.list("", { limit: 1 })).rejects.toBeInstanceOf(StorageClosed);
    await expect(storage.scan("", { limit: 1 })).rejects.toBeInstanceOf(StorageClosed);
    await storage.close();
    storage = await place.open();
    expect(await storage.list("late/", { limit: 100 })).toHaveLength(20);
  });

  test("a place that is open cannot be opened again, and the open storage does not suffer", async () => {
    await storage.commit(put("k", "v"));
    await expect(place.open()).rejects.toThrow(/in use/);
    expect(await text("k")).toBe("v");
    await storage.commit(put("k", "w"));
    expect(await text("k")).toBe("w");
  });
});
