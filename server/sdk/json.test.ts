import * as fc from "fast-check";
import type { JsonValue } from "./json";
import { ExactNumber, JsonError, parseJson, RawJson, stringifyJson } from "./json";

function failure(run: () => unknown): JsonError {
  try {
    run();
  } catch (error) {
    if (error instanceof JsonError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

/** The lossy view that JSON.parse gives, for comparison. */
function plain(value: JsonValue): unknown {
  if (value instanceof ExactNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, member]) => [key, plain(member)]));
  return value;
}

describe("parseJson", () => {
  test.each(["9007199254740993", "1e400", "-0", "1.0", "1e2", "0.10", "-1.50e-7", "1".repeat(10_000)])(
    "keeps the number %.20s as it came",
    (text) => {
      const value = parseJson(text);
      expect(value).toEqual(new ExactNumber(text));
      expect(stringifyJson(value)).toBe(text);
    },
  );

  test.each([
    ["0", 0],
    ["-1", -1],
    ["123456789012345", 123456789012345],
    ["9007199254740991", 9007199254740991],
    ["0.5", 0.5],
    ["1e+21", 1e21],
  ])("gives %s as a number", (text, number) => {
    expect(parseJson(text)).toBe(number);
  });

  test("keeps hostile keys and their order", () => {
    const text = '{"b":1,"__proto__":{"x":2},"10":3,"constructor":4,"9":5,"toString":6,"":7}';
    const value = parseJson(text);
    expect(value).toBeInstanceOf(Map);
    expect(stringifyJson(value)).toBe(text);
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  });

  test("lets the last of two equal keys win", () => {
    expect(parseJson('{"a":1,"b":2,"a":3}')).toEqual(
      new Map([
        ["a", 3],
        ["b", 2],
      ]),
    );
  });

  test.each([
    "",
    " ",
    "{",
    "[1,]",
    '{"a":1,}',
    "{a:1}",
    "01",
    "-",
    "1.",
    ".5",
    "1e",
    "+1",
    "NaN",
    "Infinity",
    "tru",
    "truex",
    "nul",
    "'a'",
    '"a',
    '"\\x"',
    '"\\u12g4"',
    '"\n"',
    '"\t"',
    "[1 2]",
    '{"a" 1}',
    "1 2",
    "\ufeff1",
    "// x",
    "\u00a01",
    "\v1",
    "0x10",
    "1_000",
    "--1",
    "-01",
  ])("refuses %j", (text) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(failure(() => parseJson(text)).code).toBe("invalid");
  });

  test("names the offset in bytes and never the content", () => {
    const error = failure(() => parseJson('{"ключ": hunter2}'));
    expect(error.offsetBytes).toBe(13);
    expect(error.message).toBe("a value is expected at offset 13");
  });

  test("refuses invalid UTF-8 and takes the place of lone surrogates", () => {
    expect(failure(() => parseJson(Buffer.from([0x22, 0xff, 0x22]))).code).toBe("invalid");
    expect(failure(() => parseJson(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).code).toBe("invalid");
    expect(parseJson('"\\ud800x\\ud83d\\ude00"')).toBe("\ufffdx\u{1f600}");
  });

  test("holds its limits", () => {
    expect(failure(() => parseJson("[]".padEnd(11), { bytesMax: 10 })).code).toBe("too_large");
    expect(parseJson("[".repeat(64) + "]".repeat(64))).toBeInstanceOf(Array);
    expect(failure(() => parseJson("[".repeat(65) + "]".repeat(65))).code).toBe("too_deep");
    expect(failure(() => parseJson('{"a":'.repeat(5_000_000))).code).toBe("too_deep");
    expect(failure(() => parseJson("[".repeat(600), { depthMax: 1e9 })).code).toBe("too_deep");
    expect(failure(() => parseJson("[1,2,3]", { valuesMax: 3 })).code).toBe("too_many_values");
    expect(failure(() => parseJson('{"éé":1}', { keyBytesMax: 3 })).code).toBe("key_too_long");
    expect(parseJson('{"éé":1}', { keyBytesMax: 4 })).toEqual(new Map([["éé", 1]]));
  });

  test("agrees with JSON.parse on every document JSON.stringify makes", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const expected: unknown = JSON.parse(text);
        expect(plain(parseJson(text))).toEqual(plain(parseJson(JSON.stringify(expected))));
        expect(JSON.parse(stringifyJson(parseJson(Buffer.from(text))))).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  test("accepts exactly what JSON.parse accepts", () => {
    const piece = fc.constantFrom(
      ...'{}[]:,"\\0123456789-+.eEtrufalsn \n\u0001é',
      "null",
      "true",
      '"a"',
      "\\u00",
      "1e5",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        let expected = true;
        try {
          JSON.parse(text);
        } catch {
          expected = false;
        }
        let accepted = true;
        try {
          parseJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(JsonError);
          accepted = false;
        }
        expect(accepted).toBe(expected);
      }),
      { numRuns: 5000 },
    );
  });

  test("never fails but with its own error, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          parseJson(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(JsonError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("a number always prints back as it came", () => {
    const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,20})?([eE][+-]?\d{1,4})?$/);
    fc.assert(
      fc.property(digits, (text) => {
        expect(stringifyJson(parseJson(text))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("stringifyJson", () => {
  test("escapes as Go's encoder does", () => {
    expect(stringifyJson('<a href="x">&\u2028\u2029\\\n\r\t\b\f\u0001\u007f')).toBe(
      '"\\u003ca href=\\"x\\"\\u003e\\u0026\\u2028\\u2029\\\\\\n\\r\\t\\b\\f\\u0001\u007f"',
    );
    expect(stringifyJson("\ud800a\u{1f600}\udc00")).toBe('"\ufffda\u{1f600}\ufffd"');
  });

  test("takes plain values of trusted code and leaves out undefined members", () => {
    expect(stringifyJson({ a: undefined, b: [1, undefined, null], c: 10n, d: new RawJson('{"x":1}') })).toBe(
      '{"b":[1,null,null],"c":10,"d":{"x":1}}',
    );
    expect(stringifyJson([{}, [], new Map(), new RawJson(Buffer.from("[true]"))])).toBe("[{},[],{},[true]]");
  });

  test("refuses what has no JSON form", () => {
    expect(() => stringifyJson(Number.NaN)).toThrow(TypeError);
    expect(() => stringifyJson(Number.POSITIVE_INFINITY)).toThrow(TypeError);
    const cycle: JsonValue[] = [];
    cycle.push(cycle);
    expect(() => stringifyJson(cycle)).toThrow("nested too deeply");
  });

  test("writes any text so that it reads back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const written = stringifyJson(text);
        expect(JSON.parse(written)).toBe(text);
        expect(written).not.toMatch(/[<>&\u2028\u2029]/);
      }),
      { numRuns: 1000 },
    );
  });
});
