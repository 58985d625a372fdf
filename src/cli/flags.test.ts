import type { FlagRow } from "./command";
import { leadingFlags, parseArguments } from "./flags";

const ROWS: readonly FlagRow[] = [
  { name: "text", kind: "text", description: "" },
  { name: "force", short: "f", kind: "switch", description: "" },
  { name: "count", kind: "number", description: "" },
];

const parse = (...args: string[]) => {
  const { flags, positional } = parseArguments(args, ROWS);
  return [Object.fromEntries(flags), positional];
};

test("one dash or two, with or without an equals sign, before and after arguments", () => {
  const wanted = [{ text: "a=b", force: true, count: 3 }, ["x", "y=-z"]];
  expect(parse("-text=a=b", "-f", "-count=3", "x", "y=-z")).toEqual(wanted);
  expect(parse("x", "y=-z", "--text", "a=b", "--force", "--count", "3")).toEqual(wanted);
  expect(parse("x", "-force=true", "-text", "a=b", "y=-z", "-count=3")).toEqual(wanted);
});

test("the last of a repeated flag counts, and a switch can be switched off", () => {
  expect(parse("-text=a", "-f", "-text=b", "-force=false")).toEqual([{ text: "b" }, []]);
});

test("a lone dash is an argument, and after two dashes everything is", () => {
  expect(parse("-", "--", "-f", "--")).toEqual([{}, ["-", "-f", "--"]]);
});

test("an empty value and one that begins with a dash are values", () => {
  expect(parse("-text=", "a")).toEqual([{ text: "" }, ["a"]]);
  expect(parse("-text", "-f")).toEqual([{ text: "-f" }, []]);
});

test.each([
  [["-count=secret-value"], "-count needs a whole number"],
  [["-text"], "-text needs a value"],
  [["-force=secret-value"], "-force takes no value"],
  [["-texx=secret-value"], "there is no flag -texx; did you mean -text?"],
])("%j is refused without its value", (args, message) => {
  expect(() => parse(...args)).toThrow(message);
  expect(() => parse(...args)).not.toThrow("secret-value");
});

test("leading flags end at the first word or unknown flag", () => {
  expect(leadingFlags(["-address", "a", "--format=json", "-tls-skip-verify", "kv", "get", "-field=x"])).toEqual([
    ["-address", "a", "--format=json", "-tls-skip-verify"],
    ["kv", "get", "-field=x"],
  ]);
  expect(leadingFlags(["-h"])).toEqual([[], ["-h"]]);
});
