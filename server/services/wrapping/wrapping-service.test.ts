import { memoryView } from "../../sdk/testing/memory-view";
import { type Fixture, factsOf, tokenFixture } from "../token/testing/token-fixture";
import { WrappingService } from "./wrapping-service";

function fixture(): Fixture & { wrapping: WrappingService } {
  const base = tokenFixture();
  const wrapping = new WrappingService(memoryView("local", "core", base.barrier), base.tokens, base.clock);
  return { ...base, wrapping };
}

const BODY = Buffer.from('{"data":{"key":"value\\n"}}\n\n');
const REFUSED = "wrapping token is not valid or does not exist";

test("gives the body back byte for byte, once, and leaves nothing but the salt", async () => {
  const { wrapping, barrier } = fixture();
  const wrap = await wrapping.wrap(BODY, 60, "secret/data/a", "acc");
  expect(wrap).toMatchObject({ ttlSeconds: 60, creationPath: "secret/data/a", wrappedAccessor: "acc" });
  expect(await wrapping.lookup(wrap.token)).toMatchObject({ creationTtlSeconds: 60, creationPath: "secret/data/a" });
  expect((await wrapping.unwrap(wrap.token)).body.equals(BODY)).toBe(true);
  await expect(wrapping.unwrap(wrap.token)).rejects.toThrow(REFUSED);
  await expect(wrapping.lookup(wrap.token)).rejects.toThrow(REFUSED);
  expect([...barrier.pairs.keys()]).toEqual(["local/core/core/token/salt"]);
});

test("of 1,000 tries at once exactly one succeeds", async () => {
  const { wrapping } = fixture();
  const { token } = await wrapping.wrap(BODY, 60, "a");
  const tries = await Promise.allSettled(Array.from({ length: 1000 }, () => wrapping.unwrap(token)));
  expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("two nodes over one storage: the conditional delete lets one win", async () => {
  const one = fixture();
  const two = tokenFixture({ barrier: one.barrier, clock: one.clock });
  const other = new WrappingService(memoryView("local", "core", one.barrier), two.tokens, one.clock);
  const { token } = await one.wrapping.wrap(BODY, 60, "a");
  one.barrier.beforeCommit = async () => void (await other.unwrap(token));
  await expect(one.wrapping.unwrap(token)).rejects.toThrow(REFUSED);
});

test("presenting the token does not spend it, its policy opens nothing else, and it expires", async () => {
  const { wrapping, tokens, clock, barrier } = fixture();
  const { token } = await wrapping.wrap(BODY, 60, "a");
  expect(await factsOf(tokens, token)).toMatchObject({ policies: ["response-wrapping"] });
  expect(await factsOf(tokens, token)).toBeDefined();
  clock.advance(60_000);
  await expect(wrapping.unwrap(token)).rejects.toThrow(REFUSED);
  tokens.start();
  clock.advance(5_000);
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
  tokens.stop();
  expect([...barrier.pairs.keys()]).toEqual(["local/core/core/token/salt"]);
});

test("rewrapping moves the body: the old token is dead", async () => {
  const { wrapping } = fixture();
  const { token } = await wrapping.wrap(BODY, 60, "a");
  const again = await wrapping.rewrap(token);
  expect(again).toMatchObject({ ttlSeconds: 60, creationPath: "a" });
  await expect(wrapping.unwrap(token)).rejects.toThrow(REFUSED);
  expect((await wrapping.unwrap(again.token)).body.equals(BODY)).toBe(true);
});

test("other tokens and nonsense open nothing; impossible TTLs are refused", async () => {
  const { wrapping, tokens } = fixture();
  const root = (await tokens.createRootToken()).clientToken;
  for (const token of ["", "x", root, "hvb.x"]) await expect(wrapping.unwrap(token)).rejects.toThrow(REFUSED);
  for (const ttl of [0, -1, 1.5, 1e9]) await expect(wrapping.wrap(BODY, ttl, "a")).rejects.toThrow("a wrapping TTL is");
});
