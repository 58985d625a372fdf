import fc from "fast-check";
import { canonicalDecimal, decimalText, ExactNumber } from "./exact-number";

test.each([
  ["0", "0"],
  ["-0", "0"],
  ["+1.50", "1.5"],
  ["1e3", "1000"],
  ["1.25E-3", "0.00125"],
  ["12345678901234567890123", "12345678901234567890123"],
  ["-0.000", "0"],
  [".5", "0.5"],
])("%s is %s in plain digits", (text, plain) => expect(canonicalDecimal(text)).toBe(plain));

test.each(["", ".", "abc", "1e", "0x10", "Infinity", "1e999999999", " 1"])("%j is no number", (text) =>
  expect(ExactNumber.parse(text)).toBeUndefined(),
);

test.each(["9007199254740993", "0.12345678901234567890123", "1e400", "-9223372036854775808"])(
  "%s needs exactness",
  (text) => expect(ExactNumber.parse(text)).toBeInstanceOf(ExactNumber),
);

test("every finite double that is no large integer is a JavaScript number again", () => {
  const doubles = fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter((double) => !Number.isInteger(double) || Number.isSafeInteger(double));
  fc.assert(
    fc.property(doubles, (double) => expect(ExactNumber.parse(String(double))).toBe(double === 0 ? 0 : double)),
  );
});

test("plain digits keep the value of any decimal", () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.integer({ min: 0, max: 30 }), (digits, scale) => {
      const number = ExactNumber.parse(`${digits}e${scale}`);
      expect(number === undefined ? undefined : decimalText(number)).toBe(String(digits * 10n ** BigInt(scale)));
    }),
  );
});
