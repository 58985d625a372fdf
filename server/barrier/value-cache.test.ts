import { ValueCache } from "./value-cache";

const valueOfSize = (sizeBytes: number): { value: Buffer; revision: number } => ({
  value: Buffer.alloc(sizeBytes),
  revision: 1,
});

test("keeps to its bytes, and spares what was used", async () => {
  const cache = new ValueCache(16_000);
  const fill = (name: string): Promise<unknown> => cache.get(name, async () => valueOfSize(1_000));
  for (let n = 0; n < 13; n++) await fill(`k${n}`);
  cache.peek("k0");
  for (let n = 13; n < 20; n++) await fill(`k${n}`);
  expect(cache.peek("k0")).toBeDefined();
  expect(cache.peek("k1")).toBeUndefined();
  const kept = Array.from({ length: 20 }, (_, n) => cache.peek(`k${n}`)).filter((cached) => cached !== undefined);
  expect(kept.length).toBe(13);
});

test("what comes in is not what goes, wherever the hand stands; what was used once goes in the end", async () => {
  const cache = new ValueCache(16_000);
  for (let n = 0; n < 200; n++) {
    await cache.get(`k${n}`, async () => valueOfSize(1_000));
    expect(cache.peek(`k${n}`)).toBeDefined();
  }
  const kept = Array.from({ length: 200 }, (_, n) => cache.peek(`k${n}`)).filter((cached) => cached !== undefined);
  expect(kept.length).toBe(13);
  expect(cache.peek("k0")).toBeUndefined();
});

test("a value that is replaced again and again is counted once", async () => {
  const cache = new ValueCache(16_000);
  for (let n = 0; n < 12; n++) await cache.get(`k${n}`, async () => valueOfSize(1_000));
  for (let n = 0; n < 100; n++) cache.replace("k3", valueOfSize(1_000 - n));
  expect(Array.from({ length: 12 }, (_, n) => cache.peek(`k${n}`)).every((cached) => cached !== undefined)).toBe(true);
  expect(cache.peek("k3")?.value?.value.length).toBe(901);
});

test("a value that would push out much is not kept; what does not exist is remembered", async () => {
  const cache = new ValueCache(16_000);
  await cache.get("large", async () => valueOfSize(5_000));
  expect(cache.peek("large")).toBeUndefined();
  let reads = 0;
  const missing = async (): Promise<undefined> => {
    reads++;
  };
  await cache.get("none", missing);
  expect(await cache.get("none", missing)).toBeUndefined();
  expect(reads).toBe(1);
  cache.invalidate("none");
  await cache.get("none", missing);
  expect(reads).toBe(2);
});

test("what is replaced by a value too large to be kept is gone", async () => {
  const cache = new ValueCache(16_000);
  await cache.get("x", async () => valueOfSize(10));
  cache.replace("x", valueOfSize(20));
  expect(cache.peek("x")?.value?.value.length).toBe(20);
  cache.replace("x", valueOfSize(5_000));
  expect(cache.peek("x")).toBeUndefined();
});

test("a read that a write overtook is not kept, and nobody joins it", async () => {
  const cache = new ValueCache(16_000);
  let finish = (_: { value: Buffer; revision: number }): void => undefined;
  const slow = cache.get("x", () => new Promise((resolve) => (finish = resolve)));
  cache.invalidate("x");
  const fresh = valueOfSize(2);
  expect(await cache.get("x", async () => fresh)).toBe(fresh);
  finish(valueOfSize(1));
  await slow;
  expect(cache.peek("x")?.value).toBe(fresh);
});

test("a read that failed is tried again", async () => {
  const cache = new ValueCache(16_000);
  await expect(cache.get("x", () => Promise.reject(new Error("once")))).rejects.toThrow("once");
  expect((await cache.get("x", async () => valueOfSize(3)))?.value.length).toBe(3);
});
