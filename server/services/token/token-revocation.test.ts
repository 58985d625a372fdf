import { seededRandom } from "../../sdk/testing/seeded-random";
import { factsOf, liveFacts, make, SOURCE, tokenFixture } from "./testing/token-fixture";

/** A tree of `count` tokens under a new child of root; returns all texts, the top first. */
async function plant(fixture: ReturnType<typeof tokenFixture>, count: number, seed: number) {
  const { tokens } = fixture;
  const random = seededRandom(seed);
  const root = (await tokens.createRootToken()).clientToken;
  const texts = [await make(tokens, root, { policies: ["a"] })];
  while (texts.length < count) {
    texts.push(await make(tokens, texts[random.integerBelow(texts.length)] ?? root, { ttlSeconds: 3_600 }));
  }
  return { root, texts };
}

function keysOf(fixture: ReturnType<typeof tokenFixture>): string[] {
  return [...fixture.barrier.pairs.keys()].map((key) => key.replace("local/core/core/token/", "").split("/")[0] ?? "");
}

test("revoking a tree leaves nothing of it, whatever its shape", async () => {
  for (const seed of [1, 2, 3, 4]) {
    const fixture = tokenFixture();
    const { root, texts } = await plant(fixture, 60, seed);
    const ended: string[] = [];
    fixture.tokens.addRevocationHook(async (hash) => void ended.push(hash));
    await fixture.tokens.revoke({ kind: "token", token: texts[0] ?? "" });
    for (const text of texts) expect(await factsOf(fixture.tokens, text)).toBeUndefined();
    expect(await factsOf(fixture.tokens, root)).toBeDefined();
    expect(keysOf(fixture).sort()).toEqual(["accessor", "id", "salt"]);
    expect(new Set(ended).size).toBe(60);
  }
});

test("killed at any commit: the whole tree is dead at once, and the next start finishes the work", async () => {
  for (let survived = 1; survived <= 12; survived++) {
    const fixture = tokenFixture();
    const { texts } = await plant(fixture, 20, 5);
    let commits = 0;
    const commit = fixture.barrier.commit.bind(fixture.barrier);
    fixture.barrier.commit = (operations) => {
      if (++commits > survived) return Promise.reject(new Error("killed"));
      return commit(operations);
    };
    await fixture.tokens.revoke({ kind: "token", token: texts[0] ?? "" }).catch(() => undefined);
    fixture.barrier.commit = commit;
    const restarted = tokenFixture({ barrier: fixture.barrier, clock: fixture.clock });
    for (const text of texts) expect(await factsOf(restarted.tokens, text)).toBeUndefined();
    restarted.tokens.start();
    fixture.clock.advance(5_000);
    for (let turn = 0; turn < 500; turn++) await Promise.resolve();
    restarted.tokens.stop();
    expect(keysOf(restarted).sort()).toEqual(["accessor", "id", "salt"]);
  }
});

test("revoke-orphan takes one token and frees its children", async () => {
  const { tokens } = tokenFixture();
  const root = (await tokens.createRootToken()).clientToken;
  const parent = await make(tokens, root, { policies: ["a"] });
  const child = await make(tokens, parent);
  const grandchild = await make(tokens, child);
  await tokens.revokeOrphan({ kind: "token", token: parent });
  expect(await factsOf(tokens, parent)).toBeUndefined();
  expect([(await liveFacts(tokens, child)).orphan, (await liveFacts(tokens, grandchild)).orphan]).toEqual([
    true,
    false,
  ]);
  await tokens.revoke({ kind: "token", token: root });
  expect(await factsOf(tokens, grandchild)).toBeDefined();
});

test("a child made while its parent is revoked dies with it or is refused", async () => {
  const fixture = tokenFixture();
  const { tokens } = fixture;
  const root = (await tokens.createRootToken()).clientToken;
  const parent = await make(tokens, root, { policies: ["a"] });
  const made = Promise.allSettled(Array.from({ length: 20 }, () => make(tokens, parent)));
  const revoked = tokens.revoke({ kind: "token", token: parent });
  const [results] = await Promise.all([made, revoked]);
  for (const result of results) {
    if (result.status === "fulfilled") expect(await factsOf(tokens, result.value)).toBeUndefined();
  }
  await tokens.revoke({ kind: "token", token: parent });
  expect(keysOf(fixture).sort()).toEqual(["accessor", "id", "salt"]);
});

test("the sweeper frees what expired, with descendants, and leaves the rest; tidy mends the indexes", async () => {
  const fixture = tokenFixture();
  const { tokens, clock, barrier } = fixture;
  const root = (await tokens.createRootToken()).clientToken;
  const short = await make(tokens, root, { policies: ["a"], ttlSeconds: 10 });
  await make(tokens, short, { ttlSeconds: 1_000 });
  const long = await make(tokens, root, { policies: ["a"], ttlSeconds: 1_000 });
  tokens.start();
  clock.advance(15_000);
  for (let turn = 0; turn < 300; turn++) await Promise.resolve();
  tokens.stop();
  expect(keysOf(fixture).filter((area) => area === "id")).toHaveLength(2);
  expect(await factsOf(tokens, long)).toBeDefined();
  barrier.pairs.set("local/core/core/token/accessor/lost", { value: Buffer.from("ff"), revision: 1 });
  expect(tokens.tidy()).toBe(true);
  expect(tokens.tidy()).toBe(false);
  for (let turn = 0; turn < 300; turn++) await Promise.resolve();
  expect(barrier.pairs.has("local/core/core/token/accessor/lost")).toBe(false);
});

test("renewal proves the login again and holds the limits of today; what is spent is not renewed", async () => {
  const { tokens, clock, mounts } = tokenFixture();
  const root = (await tokens.createRootToken()).clientToken;
  const text = await make(tokens, root, { policies: ["a"], ttlSeconds: 60 });
  const by = { kind: "token", token: text } as const;
  clock.advance(30_000);
  expect((await tokens.renew(by, 0)).auth).toMatchObject({ clientToken: text, leaseDurationSeconds: 60 });
  expect(await tokens.lookup(by)).toMatchObject({ ttlSeconds: 60, creationTtlSeconds: 60 });
  expect((await tokens.renew(by, 100_000)).auth.leaseDurationSeconds).toBe(7_170);
  mounts.renew = async () => ({ policies: ["Root"] });
  await expect(tokens.renew(by, 0)).rejects.toThrow("permission denied");
  mounts.renew = async () => Promise.reject(new Error("the user is gone"));
  await expect(tokens.renew(by, 0)).rejects.toThrow("the user is gone");
  mounts.renew = async () => ({});
  clock.advance(7_169_500);
  expect((await tokens.renew(by, 60)).auth.leaseDurationSeconds).toBe(1);
  clock.advance(500);
  await expect(tokens.renew(by, 60)).rejects.toThrow("bad token");
  await expect(tokens.renew({ kind: "token", token: root }, 0)).rejects.toThrow("not renewable");
  await expect(tokens.renew({ kind: "accessor", accessor: "none" }, 0)).rejects.toThrow("invalid accessor");
  const periodic = await make(tokens, root, { policies: ["a"], periodSeconds: 50 });
  for (let turn = 0; turn < 400; turn++) {
    clock.advance(49_000);
    const renewed = await tokens.renew({ kind: "token", token: periodic }, 9_999);
    expect(renewed.auth.leaseDurationSeconds).toBe(50);
  }
});

test("a token whose auth mount is gone is dead, with its children", async () => {
  const { tokens, mounts } = tokenFixture();
  const root = (await tokens.createRootToken()).clientToken;
  const parent = await make(tokens, root);
  const child = await make(tokens, parent);
  mounts.has = (accessor) => accessor !== SOURCE.mountAccessor;
  for (const text of [parent, child]) {
    expect(await factsOf(tokens, text)).toBeUndefined();
    expect(await tokens.lookup({ kind: "token", token: text })).toBeUndefined();
  }
  expect(await factsOf(tokens, root)).toBeDefined();
});

test("revoking under a prefix takes whole segments, and leaves what has no end", async () => {
  const { tokens } = tokenFixture();
  const root = (await tokens.createRootToken()).clientToken;
  const made = await make(tokens, root, { policies: ["a"] });
  await tokens.revokeUnder("auth/token/cre");
  expect(await factsOf(tokens, made)).toBeDefined();
  await tokens.revokeUnder("auth/token/create");
  expect(await factsOf(tokens, made)).toBeUndefined();
  await tokens.revokeUnder("auth/");
  expect(await factsOf(tokens, root)).toBeDefined();
});
