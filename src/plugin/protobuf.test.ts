import fc from "fast-check";
import { Protobuf } from "./protobuf";
import { ProtobufError } from "./protobuf-reader";
import { PROVIDER_METHODS, tfplugin6 } from "./tfplugin6";

const example = new Protobuf({
  Leaf: { number: [1, "int64"], text: [2, "string"] },
  Tree: {
    name: [1, "string"],
    flag: [2, "bool"],
    maybe: [3, "int64?"],
    leaf: [4, "Leaf"],
    leaves: [5, "Leaf[]"],
    byName: [6, "map<Leaf>"],
    bytes: [7, "bytes"],
    labels: [8, "map<string>"],
    kind: [200, "enum"],
  },
} as const);

test.each([
  ["nothing", {}, ""],
  ["zero values are left out", { name: "", flag: false, kind: 0 }, ""],
  ["a present zero is written", { maybe: 0 }, "1800"],
  ["a string", { name: "hi" }, "0a026869"],
  ["a negative number takes ten bytes", { maybe: -1 }, "18ffffffffffffffffff01"],
  ["150, the specification's example", { leaf: { number: 150 } }, "2203089601"],
  ["an empty message that is there", { leaf: {} }, "2200"],
  ["repeated messages", { leaves: [{ number: 1 }, {}] }, "2a0208012a00"],
  ["a map", { byName: new Map([["k", { text: "v" }]]) }, "32080a016b1203120176"],
  ["a field number of two bytes", { kind: 2 }, "c00c02"],
])("%s", (_, message, hex) => expect(example.encode("Tree", message).toString("hex")).toBe(hex));

test("unknown fields of every wire type are skipped", () => {
  const unknown = "980101" + "990100000000000000ff" + "9a0102abcd" + "9d0100000000";
  expect(example.decode("Tree", Buffer.from(`${unknown}0a0161`, "hex")).name).toBe("a");
});

test.each(["0a05", "0aff", "0b", "00", `0a${"ff".repeat(11)}`])("refuses %s", (hex) =>
  expect(() => example.decode("Tree", Buffer.from(hex, "hex"))).toThrow(ProtobufError),
);

const leaf = fc.record({ number: fc.maxSafeInteger(), text: fc.string({ unit: "grapheme" }) });
const tree = fc.record({
  name: fc.string({ unit: "grapheme" }),
  flag: fc.boolean(),
  maybe: fc.option(fc.maxSafeInteger(), { nil: undefined }),
  leaf: fc.option(leaf, { nil: undefined }),
  leaves: fc.array(leaf),
  byName: fc.array(fc.tuple(fc.string({ unit: "grapheme" }), leaf)).map((entries) => new Map(entries)),
  bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  labels: fc
    .array(fc.tuple(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" })))
    .map((entries) => new Map(entries)),
  kind: fc.nat(),
});

test("what is written is read back", () => {
  fc.assert(
    fc.property(tree, (message) => expect(example.decode("Tree", example.encode("Tree", message))).toEqual(message)),
  );
});

test("no bytes make the reader do anything but read or refuse", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        example.decode("Tree", Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(ProtobufError);
      }
    }),
    { numRuns: 2000 },
  );
});

test("every method of the provider has its two messages, and every type in the table exists", () => {
  const table: Readonly<Record<string, Readonly<Record<string, readonly [number, string]>>>> = tfplugin6.table;
  for (const method of PROVIDER_METHODS) {
    expect(table).toHaveProperty(`${method}Request`);
    expect(table).toHaveProperty(`${method}Response`);
  }
  const scalars = ["string", "bytes", "bool", "int64", "enum"];
  for (const fields of Object.values(table)) {
    const numbers = Object.values(fields).map(([number]) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const [, type] of Object.values(fields)) {
      const plain = type.replace(/^map<(.*)>$/, "$1").replace(/\[\]$|\?$/, "");
      expect([...scalars, ...Object.keys(table)]).toContain(plain);
    }
  }
});
