import fc from "fast-check";
import { CodecError } from "./codec-error";
import { type CtyType, ctyTypeFromJson, formatCtyType } from "./cty-type";
import { ExactNumber } from "./exact-number";
import { decodeMsgpack, encodeMsgpack } from "./msgpack-codec";
import { isUnknown, UNKNOWN, UNKNOWN_NOT_NULL, Unknown } from "./unknown";
import { Dynamic, objectValue, type Value } from "./value";
import { valuesEqual } from "./value-equality";

function exact(text: string): number | ExactNumber {
  const number = ExactNumber.parse(text);
  if (number === undefined) throw new TypeError(text);
  return number;
}

const ascii = (text: string) => Buffer.from(text).toString("hex");
const short = (text: string) => (0xa0 | text.length).toString(16) + ascii(text);
const digits = (text: string) => `d9${text.length.toString(16)}${ascii(text)}`;

/** One row for each kind of value of the protocol; the bytes are what is written, and what is read back to the value. */
const GOLDEN: readonly (readonly [name: string, type: CtyType, value: Value, hex: string])[] = [
  ["null", "string", null, "c0"],
  ["unknown", "string", UNKNOWN, "d40000"],
  ["unknown but not null", "string", UNKNOWN_NOT_NULL, "c7030c8101c2"],
  ["unknown with a prefix", "string", new Unknown({ notNull: true, stringPrefix: "pre-" }), "c7090c8201c202a47072652d"],
  ["unknown with a length", { list: "string" }, new Unknown({ lengthMin: 1, lengthMax: 300 }), "c7070c82050106cd012c"],
  ["empty string", "string", "", "a0"],
  ["string", "string", "héllo", "a668c3a96c6c6f"],
  ["string of 32 bytes", "string", "a".repeat(32), `d920${"61".repeat(32)}`],
  ["string of 256 bytes", "string", "a".repeat(256), `da0100${"61".repeat(256)}`],
  ["true", "bool", true, "c3"],
  ["false", "bool", false, "c2"],
  ["zero", "number", 0, "00"],
  ["small", "number", 127, "7f"],
  ["one byte", "number", 200, "ccc8"],
  ["two bytes", "number", 40000, "cd9c40"],
  ["four bytes", "number", 4_000_000_000, "ceee6b2800"],
  ["eight bytes", "number", 9007199254740991, "cf001fffffffffffff"],
  ["minus one", "number", -1, "ff"],
  ["minus 33", "number", -33, "d0df"],
  ["minus 200", "number", -200, "d1ff38"],
  ["smallest int64", "number", exact("-9223372036854775808"), "d38000000000000000"],
  ["largest int64", "number", exact("9223372036854775807"), "cf7fffffffffffffff"],
  ["above int64", "number", exact("12345678901234567890"), `b4${ascii("12345678901234567890")}`],
  ["a half", "number", 0.5, "cb3fe0000000000000"],
  ["too exact for a double", "number", exact("0.12345678901234567890123"), `b9${ascii("0.12345678901234567890123")}`],
  ["1e30", "number", exact("1e30"), `bf${ascii(`1${"0".repeat(30)}`)}`],
  ["1e40", "number", exact("1e40"), digits(`1${"0".repeat(40)}`)],
  ["list", { list: "string" }, ["b", "a"], "92a162a161"],
  ["set, in order and once each", { set: "string" }, ["a", "b"], "92a161a162"],
  ["empty list", { list: "string" }, [], "90"],
  ["map", { map: "number" }, new Map([["__proto__", 1]]), `81${short("__proto__")}01`],
  ["tuple", { tuple: ["string", "bool"] }, ["x", null], "92a178c0"],
  [
    "object",
    { object: { b: "bool", a: "string" } },
    objectValue([
      ["b", null],
      ["a", UNKNOWN],
    ]),
    "82a162c0a161d40000",
  ],
  ["dynamic", "dynamic", new Dynamic("string", "x"), `92c408${ascii('"string"')}a178`],
  ["dynamic null with a type", "dynamic", new Dynamic("string", null), `92c408${ascii('"string"')}c0`],
  ["dynamic null without a type", "dynamic", null, "c0"],
];

test.each(GOLDEN)("%s has its bytes", (_, type, value, hex) => {
  expect(encodeMsgpack(type, value).toString("hex")).toBe(hex);
  const read = decodeMsgpack(type, Buffer.from(hex, "hex"));
  expect(valuesEqual(read, value)).toBe(true);
  if (isUnknown(value)) expect(isUnknown(read) && read.refinements).toEqual(value.refinements);
});

test.each([
  ["0.1 as Terraform sends it", "number", `a3${ascii("0.1")}`, 0.1],
  ["1e-7 written out", "number", `a9${ascii("0.0000001")}`, 1e-7],
  ["an unsigned 64-bit number", "number", "cf000000000000000a", 10],
  ["a float that is whole", "number", "cb4008000000000000", 3],
  ["a float of 32 bits", "number", "ca3f000000", 0.5],
] as const)("reads %s", (_, type, hex, value) => {
  expect(decodeMsgpack(type, Buffer.from(hex, "hex"))).toBe(value);
});

test("any extension is unknown, and refinements that are not known are read over", () => {
  for (const hex of ["d40100", "d4ff00", "c70305010203"]) {
    expect(isUnknown(decodeMsgpack("number", Buffer.from(hex, "hex")))).toBe(true);
  }
  const withNumberBounds = decodeMsgpack("number", Buffer.from("c7070c8201c2039200c3", "hex"));
  expect(isUnknown(withNumberBounds) && withNumberBounds.refinements).toEqual({ notNull: true });
});

test("a double that is a whole number never travels as a float", () => {
  expect(encodeMsgpack("number", 1e21).toString("hex")).toBe(`b6${ascii("1000000000000000000000")}`);
});

test("a set is written in order and without repetitions", () => {
  expect(encodeMsgpack({ set: "string" }, ["b", "a", "b"]).toString("hex")).toBe("92a161a162");
});

test.each([
  [
    "a missing attribute",
    { object: { a: "string", b: "string" } },
    "81a161a178",
    "an object with 2 attributes is required",
  ],
  ["a foreign attribute", { object: { a: "string" } }, "81a162a178", 'unexpected attribute "b"'],
  ["a repeated attribute", { object: { a: "string", b: "string" } }, "82a161a178a161a178", 'unexpected attribute "a"'],
  ["another type", { list: { object: { a: "bool" } } }, "9181a161a178", "[0].a: a bool is required"],
  ["bytes after the value", "string", "a178c0", "bytes after the value"],
  ["an early end", "string", "a578", "MessagePack ends too early"],
  ["a count that lies", { list: "string" }, "ddffffffff", "MessagePack ends too early"],
  ["bad UTF-8", "string", "a1ff", "string is not UTF-8"],
  ["infinity", "number", "cb7ff0000000000000", "a number must be finite"],
  ["words for a number", "number", "a3616263", "a number is required"],
] as const)("refuses %s", (_, type, hex, message) => {
  expect(() => decodeMsgpack(type, Buffer.from(hex, "hex"))).toThrow(new CodecError(message));
});

test.each([
  ["undefined inside an object", { object: { a: "string" } }, objectValue([]), 'attribute "a" is missing'],
  ["a foreign attribute", { object: {} }, objectValue([["x", 1]]), 'unexpected attribute "x"'],
  ["NaN", { list: "number" }, [Number.NaN], "[0]: a number must be finite"],
  ["a map for an object", { object: {} }, new Map(), "an object is required"],
  ["an object for a map", { map: "string" }, objectValue([]), "a map is required"],
] as const)("does not write %s", (_, type, value, message) => {
  expect(() => encodeMsgpack(type, value)).toThrow(message);
});

const typeOf: fc.Arbitrary<CtyType> = fc.letrec<{ type: CtyType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<CtyType>("string", "number", "bool", "dynamic"),
    tie("type").map((list): CtyType => ({ list })),
    tie("type")
      .filter((type) => !JSON.stringify(type).includes("dynamic"))
      .map((set): CtyType => ({ set })),
    tie("type").map((map): CtyType => ({ map })),
    fc.array(tie("type"), { maxLength: 3 }).map((tuple): CtyType => ({ tuple })),
    fc
      .dictionary(fc.stringMatching(/^[a-z_]{1,5}$/), tie("type"), { maxKeys: 3 })
      .map((object): CtyType => ({ object })),
  ),
})).type;

const text = fc.string({ unit: "grapheme" });
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((double) => exact(String(double))),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }).map((integer) => exact(String(integer))),
);

function anyValue(type: CtyType): fc.Arbitrary<Value> {
  return fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom<Value>(null, UNKNOWN, UNKNOWN_NOT_NULL) },
    { weight: 6, arbitrary: known(type) },
  );
}

function known(type: CtyType): fc.Arbitrary<Value> {
  if (type === "string") return text;
  if (type === "number") return number;
  if (type === "bool") return fc.boolean();
  if (type === "dynamic") return text.map((inner) => new Dynamic("string", inner));
  if ("list" in type) return fc.array(anyValue(type.list), { maxLength: 3 });
  if ("set" in type) return fc.array(known(type.set), { maxLength: 3 });
  if ("map" in type)
    return fc.array(fc.tuple(text, anyValue(type.map)), { maxLength: 3 }).map((entries) => new Map(entries));
  if ("tuple" in type) return fc.tuple(...type.tuple.map(anyValue));
  return fc
    .tuple(
      ...Object.entries(type.object).map(([name, field]) => anyValue(field).map((value) => [name, value] as const)),
    )
    .map(objectValue);
}

test("what is written is read back", () => {
  const typed = typeOf.chain((type) => fc.tuple(fc.constant(type), anyValue(type)));
  fc.assert(
    fc.property(typed, ([type, value]) => {
      const bytes = encodeMsgpack(type, value);
      const read = decodeMsgpack(type, bytes);
      expect(encodeMsgpack(type, read).equals(bytes)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("types survive their JSON form", () => {
  fc.assert(
    fc.property(typeOf, (type) =>
      expect(formatCtyType(ctyTypeFromJson(JSON.parse(formatCtyType(type))))).toBe(formatCtyType(type)),
    ),
  );
});

test("no bytes make the reader do anything but read or refuse", () => {
  fc.assert(
    fc.property(typeOf, fc.uint8Array({ maxLength: 64 }), (type, bytes) => {
      try {
        decodeMsgpack(type, Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(CodecError);
      }
    }),
    { numRuns: 2000 },
  );
});
