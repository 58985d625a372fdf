import fc from "fast-check";
import { isServerError } from "./errors";
import { convertFields } from "./fields";
import type { JsonValue } from "./json";
import { ExactNumber } from "./json";
import type { FieldType } from "./path";

function body(members: Record<string, JsonValue>): Map<string, JsonValue> {
  return new Map(Object.entries(members));
}

function one(type: FieldType, value: JsonValue): unknown {
  const declarations = { x: { type, description: "x" } } as const;
  return convertFields(declarations, { body: new Map([["x", value]]) }).values.x;
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isServerError(error, "invalid_request")) return error.publicText;
    throw error;
  }
  throw new Error("it was accepted");
}

test.each<[FieldType, JsonValue, unknown]>([
  ["string", "a", "a"],
  ["string", 12, "12"],
  ["string", new ExactNumber("9007199254740993"), "9007199254740993"],
  ["boolean", true, true],
  ["boolean", "1", true],
  ["boolean", 0, false],
  ["boolean", "False", false],
  ["integer", "42", 42],
  ["integer", -3, -3],
  ["integer", new ExactNumber("5.0"), 5],
  ["integer", "", 0],
  ["number", "1.5", 1.5],
  ["duration", 60, 60],
  ["duration", "60", 60],
  ["duration", "1h30m", 5400],
  ["duration", "3d", 259200],
  ["duration", "250ms", 0],
  ["string_list", ["a", " b ", ""], ["a", "b"]],
  ["string_list", "a, b,,c", ["a", "b", "c"]],
  ["string_list", "", []],
  ["integer_list", [1, "2"], [1, 2]],
  ["integer_list", "1,2", [1, 2]],
  ["key_value", new Map([["a", "b"]]), new Map([["a", "b"]])],
  [
    "key_value",
    ["a=b=c", "d="],
    new Map([
      ["a", "b=c"],
      ["d", ""],
    ]),
  ],
  ["key_value", '{"a":"b"}', new Map([["a", "b"]])],
  ["key_value", "a=b,c", new Map([["a", "b,c"]])],
])("%s takes %j", (type, value, expected) => {
  expect(one(type, value)).toEqual(expected);
});

test.each<[FieldType, JsonValue]>([
  ["string", ["canary"]],
  ["string", new Map([["canary", 1]])],
  ["boolean", "canary"],
  ["boolean", 2],
  ["integer", "12canary"],
  ["integer", new ExactNumber("9007199254740993")],
  ["integer", 1.5],
  ["number", "1e9999"],
  ["number", "canary"],
  ["duration", "canary"],
  ["duration", -1],
  ["duration", "-5s"],
  ["string_list", [["canary"]]],
  ["integer_list", "1,canary"],
  ["key_value", ["canary"]],
  ["key_value", new Map([["a", ["canary"]]])],
  ["object", "canary"],
])("%s refuses %j without repeating it", (type, value) => {
  const text = refusal(() => one(type, value));
  expect(text).toContain('"x"');
  expect(text).not.toContain("canary");
});

test("a secret is bytes", () => {
  expect(one("secret", "gehéim")).toEqual(Buffer.from("gehéim"));
});

test("path wins over query, query over body, and the path's win is a warning", () => {
  const declarations = {
    name: { type: "string", description: "n" },
    ttl: { type: "duration", description: "t", default: "1h" },
  } as const;
  const converted = convertFields(declarations, {
    path: new Map([["name", "from-path"]]),
    query: new Map([["ttl", ["5"]]]),
    body: body({ name: "from-body", ttl: 9 }),
  });
  expect(converted.values).toEqual({ name: "from-path", ttl: 5 });
  expect(converted.warnings).toEqual([
    "Endpoint replaced the value of these parameters with the values captured from the endpoint's path: [name]",
  ]);
});

test("unknown fields are a warning in Go's form, sorted, bounded", () => {
  const declarations = { a: { type: "string", description: "a" } } as const;
  const { warnings } = convertFields(declarations, { body: body({ z: 1, a: "1", constructor: 2 }) });
  expect(warnings).toEqual(["Endpoint ignored these unrecognized parameters: [constructor z]"]);
  const many = new Map(Array.from({ length: 5000 }, (_, index) => [`field-${index}-${"x".repeat(500)}`, 1] as const));
  expect(convertFields(declarations, { body: many }).warnings[0]?.length).toBeLessThan(3000);
});

test("defaults, required, null and what was given", () => {
  const declarations = {
    a: { type: "string_list", description: "a", default: ["x"] },
    b: { type: "integer", description: "b", required: true },
    c: { type: "string", description: "c" },
  } as const;
  const converted = convertFields(declarations, { body: body({ b: 1, c: null }) });
  expect(converted.values).toEqual({ a: ["x"], b: 1, c: undefined });
  expect([...converted.given]).toEqual(["b", "c"]);
  expect(refusal(() => convertFields(declarations, {}))).toBe("missing b");
});

test("allowed values and the longest string", () => {
  const declarations = {
    kind: { type: "string", description: "k", allowed: ["service", "batch"] },
    kinds: { type: "string_list", description: "k", allowed: ["service", "batch"] },
    text: { type: "secret", description: "t", bytesMax: 4 },
  } as const;
  expect(refusal(() => convertFields(declarations, { body: body({ kind: "canary" }) }))).toBe(
    'error converting input for field "kind": allowed are "service", "batch"',
  );
  expect(refusal(() => convertFields(declarations, { body: body({ kinds: "batch,no" }) }))).toContain('"kinds"');
  expect(refusal(() => convertFields(declarations, { body: body({ text: "ééé" }) }))).toContain("at most 4 bytes");
});

test("keys of Object.prototype are ordinary names", () => {
  const keys = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  const declarations = { a: { type: "object", description: "a" } } as const;
  const hostile = new Map<string, JsonValue>(keys.map((key) => [key, "x"]));
  const converted = convertFields(declarations, { body: new Map([...hostile, ["a", hostile]]) });
  expect(converted.values.a).toBe(hostile);
  expect(Object.getPrototypeOf(converted.values)).toBe(Object.prototype);
  expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
});

test("no input makes a conversion throw anything but invalid_request", () => {
  const json = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constant(null),
      fc.boolean(),
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.bigInt().map((value) => new ExactNumber(String(value))),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.array(fc.tuple(fc.string(), tie("value")), { maxLength: 4 }).map((pairs) => new Map(pairs)),
    ),
  })).value;
  const types: FieldType[] = [
    "string",
    "secret",
    "boolean",
    "integer",
    "number",
    "duration",
    "string_list",
    "integer_list",
    "key_value",
    "object",
    "json",
  ];
  fc.assert(
    fc.property(fc.constantFrom(...types), json, (type, value) => {
      try {
        one(type, value);
      } catch (error) {
        expect(isServerError(error, "invalid_request")).toBe(true);
      }
    }),
  );
});
