import fc from "fast-check";
import { CodecError } from "./codec-error";
import { ExactNumber } from "./exact-number";
import { valueFromJson } from "./json-codec";
import { formatLosslessJson, type JsonValue, parseLosslessJson } from "./lossless-json";
import { Dynamic, objectValue } from "./value";

test("numbers keep every digit", () => {
  const text = '{"n":12345678901234567890123,"d":0.12345678901234567890123,"i":7}';
  const parsed = parseLosslessJson(text);
  expect(parsed instanceof Map && parsed.get("n")).toBeInstanceOf(ExactNumber);
  expect(formatLosslessJson(parsed)).toBe(text);
});

test("no key is special", () => {
  const parsed = parseLosslessJson('{"__proto__":{"polluted":true},"constructor":1}');
  expect(parsed instanceof Map && [...parsed.keys()]).toEqual(["__proto__", "constructor"]);
  expect(Object.prototype).not.toHaveProperty("polluted");
});

test.each(["", "{", "[1,]", '{"a" 1}', "01", '"\u0001"', '"a', "nul", "1 2", '"\\"', "[".repeat(600)])(
  "refuses %j",
  (text) => expect(() => parseLosslessJson(text)).toThrow(SyntaxError),
);

function plain(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return value instanceof ExactNumber ? Number(value.text) : value;
}

test("agrees with JSON.parse", () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: "grapheme" }), (text) => {
      const expected: unknown = JSON.parse(text, (_, value: unknown) => (Object.is(value, -0) ? 0 : value));
      expect(plain(parseLosslessJson(text))).toEqual(expected);
    }),
  );
});

test("reads a very long string", () => {
  const long = `"${"a\\n".repeat(2_000_000)}"`;
  expect(parseLosslessJson(long)).toHaveLength(4_000_000);
});

test("values of a type are read from the JSON of a state", () => {
  const type = {
    object: { n: "number", s: { set: "string" }, d: "dynamic", m: { map: "bool" }, absent: "string" },
  } as const;
  const json = parseLosslessJson(
    '{"n":"42","s":["b","a","b"],"d":{"type":["list","string"],"value":["x"]},"m":{"k":"true"}}',
  );
  const value = valueFromJson(type, json);
  const expected = objectValue([
    ["n", 42],
    ["s", ["a", "b"]],
    ["d", new Dynamic({ list: "string" }, ["x"])],
    ["m", new Map([["k", true]])],
    ["absent", null],
  ]);
  expect(value).toEqual(expected);
});

test("an attribute that the type does not have is refused with its place", () => {
  const type = { list: { object: { a: "string" } } } as const;
  expect(() => valueFromJson(type, parseLosslessJson('[{"b":1}]'))).toThrow(
    new CodecError('unexpected attribute "b"', "[0]"),
  );
});
