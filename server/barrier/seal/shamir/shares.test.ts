import fc from "fast-check";
import { systemRandom } from "../../../sdk/random";
import { invert, multiply } from "./field";
import { combineShares, splitSecret } from "./shares";

test("multiplication and inversion agree with the field's published values", () => {
  // FIPS 197, sections 4.2 and 4.2.1.
  expect(multiply(0x57, 0x83)).toBe(0xc1);
  expect(multiply(0x57, 0x13)).toBe(0xfe);
  expect(invert(0x53)).toBe(0xca);
  for (let value = 1; value < 256; value++) expect(multiply(value, invert(value))).toBe(1);
});

const numbers = fc
  .tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 2, max: 9 }))
  .map(([a, b]) => ({ threshold: Math.min(a, b), shares: Math.max(a, b) }));

test("any threshold of the shares, in any order, gives the secret; fewer do not", () => {
  fc.assert(
    fc.property(numbers, fc.uint8Array({ minLength: 16, maxLength: 40 }), fc.nat(), (count, bytes, turn) => {
      const secret = Buffer.from(bytes);
      const shares = splitSecret(secret, count.shares, count.threshold, systemRandom);
      const chosen = shares.map((_, at) => shares[(at + turn) % shares.length] ?? Buffer.alloc(0));
      expect(combineShares(chosen.slice(0, count.threshold))).toEqual(secret);
      expect(combineShares(chosen.slice(0, count.threshold - 1))).not.toEqual(secret);
    }),
  );
});

test("one share less than the threshold is compatible with every secret", () => {
  // For 2 of 2 and one byte: the other share that would make each of the 256 secrets exists, so one share excludes none.
  const [own] = splitSecret(Buffer.from([42]), 2, 2, systemRandom);
  if (own === undefined) throw new Error("no share");
  const other = (own[1] ?? 0) === 1 ? 2 : 1;
  const secrets = new Set<number>();
  for (let y = 0; y < 256; y++) secrets.add(combineShares([own, Buffer.from([y, other])])?.[0] ?? -1);
  expect(secrets.size).toBe(256);
});

test("shares that cannot belong together are refused", () => {
  const [a, b] = splitSecret(Buffer.alloc(32, 7), 3, 2, systemRandom);
  if (a === undefined || b === undefined) throw new Error("no shares");
  expect(combineShares([a, a])).toBeUndefined();
  expect(combineShares([a, b.subarray(1)])).toBeUndefined();
  expect(combineShares([a, Buffer.concat([b.subarray(0, 32), Buffer.from([0])])])).toBeUndefined();
  expect(combineShares([])).toBeUndefined();
});
