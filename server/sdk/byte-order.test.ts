import * as fc from "fast-check";
import { compareBytes, isWellFormed, lowerBound } from "./byte-order";

const text = fc.string({
  unit: fc.constantFrom("a", "b", "/", "\0", "\u00e9", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"),
});

test("text is ordered as its UTF-8 bytes are", () => {
  fc.assert(
    fc.property(text, text, (left, right) => {
      expect(Math.sign(compareBytes(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
    }),
  );
});

test("the lower bound is where the text is or would be put", () => {
  fc.assert(
    fc.property(fc.uniqueArray(text), text, (items, wanted) => {
      const sorted = [...items].sort(compareBytes);
      const bound = lowerBound(sorted, wanted);
      expect(sorted.slice(0, bound).every((item) => compareBytes(item, wanted) < 0)).toBe(true);
      expect(sorted.slice(bound).every((item) => compareBytes(item, wanted) >= 0)).toBe(true);
    }),
  );
});

test("a surrogate that stands alone is not well formed", () => {
  expect(isWellFormed("a\u{1f600}b")).toBe(true);
  expect(isWellFormed("a\ud83d")).toBe(false);
  expect(isWellFormed("\ude00\ud83d")).toBe(false);
});
