import type { Terminal } from "./command";
import { jsonObject, readKeyValues, readQuery } from "./key-values";

function terminal(files: Readonly<Record<string, string | Buffer>> = {}, input = ""): Terminal {
  const refuse = () => {
    throw new Error("not part of this");
  };
  return {
    environment: {},
    isInteractive: false,
    out: refuse,
    error: refuse,
    readSecret: refuse,
    readInput: async () => Buffer.from(input),
    readFile: async (path) => Buffer.from(files[path] ?? ""),
  };
}

test("a value keeps its equals signs and line ends; what comes from elsewhere is hidden in errors", async () => {
  const { values, secrets } = await readKeyValues(terminal({ f: "from file\n" }, "from input\n"), [
    "plain=a=b",
    "file=@f",
    "input=-",
    "password=typed",
    "at=\\@x",
  ]);
  expect([...values]).toEqual([
    ["plain", "a=b"],
    ["file", "from file\n"],
    ["input", "from input\n"],
    ["password", "typed"],
    ["at", "@x"],
  ]);
  expect(secrets).toEqual(expect.arrayContaining(["from file", "from input", "typed"]));
  expect(secrets).not.toContain("a=b");
});

test("whole objects keep numbers, odd keys and order", async () => {
  const text = '{"z":1e30,"__proto__":{"constructor":9007199254740993},"a":[0.1]}';
  const { values } = await readKeyValues(terminal({}, text), ["-", "b=1"]);
  expect(jsonObject(values)).toBe(
    '{"z":1000000000000000000000000000000,"__proto__":{"constructor":9007199254740993},"a":[0.1],"b":"1"}',
  );
});

test("bad input is named by its place, never repeated", async () => {
  await expect(readKeyValues(terminal(), ["a=b", "my-password"])).rejects.toThrow(
    /^argument 2 of the data (?!.*my-password)/,
  );
  await expect(readKeyValues(terminal({}, '{"a":"my-password"'), ["-"])).rejects.toThrow(
    "standard input is not a JSON object",
  );
  await expect(readKeyValues(terminal({ f: "[1]" }), ["@f"])).rejects.toThrow("f is not a JSON object");
  await expect(readKeyValues(terminal({ f: Buffer.from([0xff, 0xfe]) }), ["k=@f"])).rejects.toThrow("not UTF-8");
  expect(() => readQuery(["version"])).toThrow("parameter 1");
});
