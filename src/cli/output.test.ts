import fc from "fast-check";
import { formatLosslessJson, parseLosslessJson } from "../protocol/lossless-json";
import { answerField, answerRows } from "./answer-rows";
import { duration, indentedJson, section, table } from "./output";

test("a table has its heading, its dashes and no blanks at line ends", () => {
  expect(
    table([
      ["user", "app"],
      ["a-long-name", ""],
    ]),
  ).toBe("Key            Value\n---            -----\nuser           app\na-long-name\n");
});

test("a value cannot steer the terminal", () => {
  expect(table([["k", "a\u001b[31m\u0007b\tc\nd\u009b"]])).toContain("a\\u001b[31m\\u0007b\tc\nd\\u009b");
});

test("a section's title is as wide as its table", () => {
  const [title = "", heading = ""] = section(
    "Metadata",
    table([["created_time", "2026-01-01T00:00:00.000000Z"]]),
  ).split("\n");
  expect(title).toMatch(/^=+ Metadata =+$/);
  expect(title.length).toBe(heading.length);
});

test("JSON is indented and otherwise the server's, digit for digit", () => {
  const text =
    '{"n":12345678901234567890.500,"e":1E+400,"s":"a \\"{[,:]}\\" \\u00e9 é","l":[],"o":{},"x":[1,{"y":null}]}\n';
  expect(indentedJson(text)).toBe(
    '{\n  "n": 12345678901234567890.500,\n  "e": 1E+400,\n  "s": "a \\"{[,:]}\\" \\u00e9 é",\n  "l": [],\n  "o": {},\n  "x": [\n    1,\n    {\n      "y": null\n    }\n  ]\n}\n',
  );
});

test("indenting agrees with JSON.stringify on everything that both can hold", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const compact = JSON.stringify(value);
      expect(indentedJson(compact)).toBe(`${JSON.stringify(JSON.parse(compact), null, 2)}\n`);
      expect(formatLosslessJson(parseLosslessJson(indentedJson(compact)))).toBe(
        formatLosslessJson(parseLosslessJson(compact)),
      );
    }),
  );
});

test.each([
  [0, "0s"],
  [59, "59s"],
  [90, "1m30s"],
  [2_764_800, "768h"],
])("%d seconds are %s", (seconds, text) => expect(duration(seconds)).toBe(text));

const LOGIN = parseLosslessJson(
  '{"request_id":"r","data":null,"auth":{"client_token":"t","accessor":"a","lease_duration":3600,"renewable":true,"token_policies":["p"],"policies":["p"],"metadata":{"username":"mary"}}}',
);
const WRAPPED = parseLosslessJson('{"request_id":"","data":null,"wrap_info":{"token":"w","accessor":"a","ttl":1800}}');

test("a login and a wrapped answer have the rows and fields that people know", () => {
  expect(answerRows(LOGIN)).toContainEqual(["token_duration", "1h"]);
  expect(answerRows(LOGIN)).toContainEqual(["token_meta_username", "mary"]);
  expect(answerRows(WRAPPED).slice(0, 3)).toEqual([
    ["wrapping_token:", "w"],
    ["wrapping_accessor:", "a"],
    ["wrapping_token_ttl:", "30m"],
  ]);
  expect([answerField(LOGIN, "token"), answerField(WRAPPED, "wrapping_token"), answerField(WRAPPED, "token")]).toEqual([
    "t",
    "w",
    "w",
  ]);
});

test("data is sorted, seconds are durations, and a field named like one of ours is still found", () => {
  const answer = parseLosslessJson(
    '{"request_id":"r","auth":null,"data":{"ttl":7200,"b":[1,"x"],"a":null,"token":"mine"}}',
  );
  expect(answerRows(answer)).toEqual([
    ["a", "n/a"],
    ["b", "[1 x]"],
    ["token", "mine"],
    ["ttl", "2h"],
  ]);
  expect(answerField(answer, "token")).toBe("mine");
  expect(answerField(answer, "none")).toBeUndefined();
});
