import fc from "fast-check";
import { systemClock } from "./clock";
import { type HclAttribute, type HclBlock, HclBody, HclError, parseHcl, parseHclJson, parseHclOrJson } from "./hcl";

function attribute(body: HclBody, name: string): HclAttribute {
  const found = body.items.find((item) => item.kind === "attribute" && item.name === name);
  if (found?.kind !== "attribute") throw new Error(`no attribute ${name}`);
  return found;
}

function block(body: HclBody, index: number): HclBlock {
  const found = body.items[index];
  if (found?.kind !== "block") throw new Error(`item ${index} is no block`);
  return found;
}

function placeOf(text: string): string {
  try {
    parseHclOrJson(text);
  } catch (error) {
    if (error instanceof HclError) return `${error.place.line}:${error.place.column} ${error.reason}`;
    throw error;
  }
  return "parsed";
}

test("blocks, labels, attributes, lists, objects and comments", () => {
  const body = parseHcl(`
    # one
    // two
    /* three
       lines */
    listener "tcp" {
      address = "127.0.0.1:8200"
      tls_disable = true
    }
    path "secret/*" { capabilities = ["read", "list",], ttl = -1.5e2 }
    options = { a = 1, "b c": [true, false] }
    mask = 0xff
  `);
  const listener = block(body, 0);
  expect([listener.name, listener.labels]).toEqual(["listener", ["tcp"]]);
  expect(attribute(listener.body, "address").value).toBe("127.0.0.1:8200");
  expect(attribute(listener.body, "tls_disable").value).toBe(true);
  expect(attribute(block(body, 1).body, "capabilities").value).toEqual(["read", "list"]);
  expect(attribute(block(body, 1).body, "ttl").value).toBe(-150);
  expect(attribute(body, "mask").value).toBe(255);
  const options = attribute(body, "options").value;
  expect(options instanceof HclBody && attribute(options, "b c").value).toEqual([true, false]);
});

test("string escapes and heredocs", () => {
  const interpolation = ["$", "{kept}"].join("");
  expect(attribute(parseHcl(String.raw`a = "x\n\t\"\\\u00e9\U0001F600 ${interpolation}"`), "a").value).toBe(
    `x\n\t"\\é😀 ${interpolation}`,
  );
  expect(attribute(parseHcl('a = <<EOF\n  one\ntwo "\nEOF\nb = 1'), "a").value).toBe('  one\ntwo "\n');
  expect(attribute(parseHcl("a = <<-EOF\n    one\n      two\n    EOF\n"), "a").value).toBe("one\n  two\n");
});

test("errors name line and column and never quote the document", () => {
  expect(placeOf('a = 1\nb = "hidden')).toBe("2:5 the string is not closed on its line");
  expect(placeOf("a = [1 2]")).toBe("1:8 a comma or ] is expected");
  expect(placeOf("path {\n a = 1\n")).toBe("1:6 the brace is not closed");
  expect(placeOf("a = 1\n a = 2")).toBe("2:2 the attribute is there twice");
  expect(placeOf("a = maybe")).toMatch(/^1:5 a value is expected/);
  expect(placeOf('{"a":\n [1,}')).toMatch(/^2:5 /);
  expect(placeOf("a = <<EOF\nx\n")).toBe("1:5 the heredoc's closing word is missing");
  expect(placeOf('a = "\\q"')).toBe("1:6 unknown escape in a string");
  expect(placeOf("/* x")).toBe("1:1 the comment is not closed");
  expect(placeOf("}")).toBe("1:1 a name is expected");
});

test("limits on depth, size and items hold", () => {
  expect(placeOf(`a = ${"[".repeat(5000)}`)).toMatch(/nested too deeply/);
  expect(() => parseHcl("a = 1", { bytesMax: 4 })).toThrow("more than 4 bytes");
  expect(() => parseHcl("a = [1, 2, 3]", { itemsMax: 3 })).toThrow("too many items");
  expect(() => parseHclJson('{"a":[1,2,3]}', { itemsMax: 3 })).toThrow("too many values");
});

test("names such as __proto__ are names", () => {
  const body = parseHclJson('{"__proto__": {"constructor": 1}}');
  const inner = attribute(body, "__proto__").value;
  expect(inner instanceof HclBody && attribute(inner, "constructor").value).toBe(1);
});

test("any text parses or fails with HclError, in linear time", () => {
  const piece = fc.constantFrom(
    "a",
    "=",
    "{",
    "}",
    "[",
    "]",
    '"',
    "\\",
    "\n",
    "<<",
    "EOF",
    "#",
    "/*",
    "*/",
    ",",
    "1",
    ".",
    "\u0000",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      expect(placeOf(pieces.join(""))).toEqual(expect.any(String));
    }),
    { numRuns: 2000 },
  );
  const hostile = [
    'a="'.padEnd(500_000, "\\"),
    "/*".repeat(200_000),
    "<<A\n".repeat(100_000),
    "a{".repeat(200_000),
    "a {}\n".repeat(150_000),
  ];
  const started = systemClock.monotonicMilliseconds();
  for (const text of hostile) expect(placeOf(text)).not.toBe("parsed");
  expect(systemClock.monotonicMilliseconds() - started).toBeLessThan(2000);
});

test("what is printed as HCL reads back", () => {
  const key = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,8}$/);
  const scalar = fc.oneof(fc.string({ unit: "binary" }), fc.boolean(), fc.integer());
  fc.assert(
    fc.property(fc.dictionary(key, fc.oneof(scalar, fc.array(scalar, { maxLength: 4 })), { maxKeys: 6 }), (values) => {
      const text = Object.entries(values).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
      const body = parseHcl(text.join("").replaceAll("\\/", "/"));
      for (const [name, value] of Object.entries(values)) expect(attribute(body, name).value).toEqual(value);
    }),
  );
});
