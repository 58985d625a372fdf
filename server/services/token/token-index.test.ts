import type { EpochIndex, IndexStanding } from "../../sdk/replication";
import { type Fixture, factsOf, liveFacts, make, tokenFixture } from "./testing/token-fixture";

const EPOCH = { number: 1, clusterId: "0a1b2c3d-0000-4000-8000-00000000000a" };

/** A cluster and one that shares its storage as of an earlier moment, as a DR secondary that is behind does. */
async function clusters(standing: (at: EpochIndex) => IndexStanding): Promise<{
  readonly maker: Fixture;
  readonly other: Fixture;
  readonly asked: EpochIndex[];
  readonly root: string;
  catchUp(): void;
}> {
  const maker: Fixture = tokenFixture({
    indexes: {
      last: () => ({ epoch: EPOCH, index: maker.barrier.index }),
      standing: () => Promise.resolve("held" as const),
    },
  });
  const root = (await maker.tokens.createRootToken()).clientToken;
  const asked: EpochIndex[] = [];
  const other = tokenFixture({
    indexes: {
      last: () => undefined,
      standing: async (at) => {
        asked.push(at);
        return standing(at);
      },
    },
  });
  const catchUp = (): void => {
    for (const [key, value] of maker.barrier.pairs) other.barrier.pairs.set(key, value);
  };
  catchUp();
  return { maker, other, asked, root, catchUp };
}

test("tokens carry the index at which they were stored; root tokens and chosen texts do not", async () => {
  const { maker, root } = await clusters(() => "held");
  expect(root).toMatch(/^hvs\.[0-9A-Za-z]{24}$/);
  const token = await make(maker.tokens, root, { policies: ["a"] });
  expect(token).toMatch(/^hvs\.[\w-]{111}$/);
  expect((await liveFacts(maker.tokens, token)).policies).toEqual(["a", "default"]);
  expect(await maker.tokens.lookup({ kind: "token", token })).toMatchObject({ policies: ["a", "default"] });
  expect(await make(maker.tokens, root, { id: "mine" })).toBe("mine");
  const renewed = await maker.tokens.renew({ kind: "token", token }, 0);
  expect(renewed.auth.clientToken).toBe(token);
  await maker.tokens.revoke({ kind: "token", token });
  expect(await factsOf(maker.tokens, token)).toBeUndefined();
});

test("a token made before tokens carried anything goes on working beside those that do", async () => {
  const before = tokenFixture();
  const root = (await before.tokens.createRootToken()).clientToken;
  const old = await make(before.tokens, root, { policies: ["a"] });
  expect(old).toMatch(/^hvs\.[0-9A-Za-z]{24}$/);
  const after: Fixture = tokenFixture({
    barrier: before.barrier,
    clock: before.clock,
    seed: 8,
    indexes: { last: () => ({ epoch: EPOCH, index: 5 }), standing: () => Promise.resolve("absent" as const) },
  });
  expect((await liveFacts(after.tokens, old)).policies).toEqual(["a", "default"]);
  expect((await make(after.tokens, old)).length).toBe(115);
});

test("a cluster that may still get the token says so, waits, and takes it once it is there", async () => {
  let standing: IndexStanding = "awaited";
  const { maker, other, asked, root, catchUp } = await clusters(() => standing);
  const token = await make(maker.tokens, root, { policies: ["a"] });
  await expect(factsOf(other.tokens, token)).rejects.toMatchObject({ code: "index_not_present", status: 412 });
  expect(asked).toEqual([{ epoch: EPOCH, index: maker.barrier.index }]);
  standing = "held";
  expect(await factsOf(other.tokens, token)).toBeUndefined();
  catchUp();
  expect((await liveFacts(other.tokens, token)).policies).toEqual(["a", "default"]);
  expect(asked).toHaveLength(2);
});

test("a token that was lost is refused like a stranger's, and a forged index asks nobody", async () => {
  const { maker, other, asked, root } = await clusters(() => "absent");
  const token = await make(maker.tokens, root, { policies: ["a"] });
  expect(await factsOf(other.tokens, token)).toBeUndefined();
  expect(asked).toHaveLength(1);
  for (const place of [4, 10, 20, 38, 60, 100]) {
    const character = token[place] === "A" ? "B" : "A";
    const forged = token.slice(0, place) + character + token.slice(place + 1);
    expect(await factsOf(other.tokens, forged)).toBeUndefined();
    expect(await factsOf(maker.tokens, forged)).toBeUndefined();
  }
  expect(asked).toHaveLength(1);
});

test("a token that is here but dead is refused at once, whatever it carries", async () => {
  const { maker, other, asked, root, catchUp } = await clusters(() => "awaited");
  const token = await make(maker.tokens, root, { policies: ["a"], ttlSeconds: 10 });
  catchUp();
  other.clock.advance(10_000);
  expect(await factsOf(other.tokens, token)).toBeUndefined();
  expect(asked).toEqual([]);
});
