import fc from "fast-check";
import { type CarriedToken, carryIndex, openCarried } from "./token-text";

const key = Buffer.alloc(32, 5);
const tokens: fc.Arbitrary<CarriedToken> = fc.record({
  id: fc.stringMatching(/^hvs\.[0-9A-Za-z]{24}$/),
  at: fc.record({
    epoch: fc.record({ number: fc.nat({ max: 2 ** 31 }), clusterId: fc.uuid() }),
    index: fc.nat({ max: 2 ** 48 - 1 }),
  }),
});

test("what a token carries comes back, in a text as long as clients expect and safe in headers, paths and JSON", () => {
  fc.assert(
    fc.property(tokens, (token) => {
      const text = carryIndex(key, token);
      expect(text).toMatch(/^hvs\.[\w-]{111}$/);
      expect(openCarried(key, text)).toEqual(token);
    }),
  );
});

test("no single changed character, and no other key, opens anything", () => {
  const other = fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
  fc.assert(
    fc.property(tokens, fc.nat({ max: 110 }), other, (token, at, character) => {
      const text = carryIndex(key, token);
      const place = "hvs.".length + at;
      const changed = text.slice(0, place) + character + text.slice(place + 1);
      if (changed !== text) expect(openCarried(key, changed)).toBeUndefined();
      expect(openCarried(Buffer.alloc(32, 6), text)).toBeUndefined();
    }),
  );
});

test.each([
  ["a plain token", "hvs.abcdefghijklmnopqrstuvwx"],
  ["nothing", ""],
  ["a batch token of that length", `hvb.${"A".repeat(111)}`],
  ["zeros", `hvs.${"A".repeat(111)}`],
  ["no base64url", `hvs.${"+".repeat(111)}`],
])("%s carries nothing", (_what, text) => expect(openCarried(key, text)).toBeUndefined());

test("what cannot be carried leaves the token as it is", () => {
  const id = "hvs.abcdefghijklmnopqrstuvwx";
  const epoch = { number: 1, clusterId: "00000000-0000-4000-8000-000000000000" };
  expect(carryIndex(key, { id, at: { epoch: { ...epoch, clusterId: "a name" }, index: 1 } })).toBe(id);
  expect(carryIndex(key, { id, at: { epoch, index: 2 ** 48 } })).toBe(id);
  expect(carryIndex(key, { id: "mine", at: { epoch, index: 1 } })).toBe("mine");
});
