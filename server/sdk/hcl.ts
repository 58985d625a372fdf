import { isUtf8 } from "node:buffer";
import { HclScanner } from "./hcl-scanner";
import { type HclAttribute, type HclBlock, HclBody, HclError, type HclValue } from "./hcl-value";
import { ExactNumber, JsonError, type JsonValue, parseJson } from "./json";

export type { HclAttribute, HclBlock, HclPlace, HclValue } from "./hcl-value";
export { HclBody, HclError } from "./hcl-value";

export interface HclLimits {
  /** @default 1_048_576 */
  readonly bytesMax?: number;
  /** Nested bodies, objects and lists, at most 128. @default 32 */
  readonly depthMax?: number;
  /** Attributes, blocks and list items. @default 50_000 */
  readonly itemsMax?: number;
}

const BYTES_MAX_DEFAULT = 1024 * 1024;
const DEPTH_MAX_DEFAULT = 32;
const DEPTH_MAX_CEILING = 128;
const ITEMS_MAX_DEFAULT = 50_000;

const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const COLON = 0x3a;
const QUOTE = 0x22;

/**
 * Reads a document: blocks, attributes, lists, objects, strings, heredocs, numbers, booleans and the three kinds of comment.
 * Line ends separate nothing, so items may also follow each other on one line, with or without a comma.
 * @throws HclError with line and column
 */
export function parseHcl(input: Buffer | string, limits: HclLimits = {}): HclBody {
  const bytesMax = limits.bytesMax ?? BYTES_MAX_DEFAULT;
  const bytes = typeof input === "string" ? Buffer.byteLength(input) : input.length;
  const start = { line: 1, column: 1 };
  if (bytes > bytesMax) throw new HclError(start, `the document has more than ${bytesMax} bytes`);
  if (typeof input !== "string" && !isUtf8(input)) throw new HclError(start, "the document is not UTF-8");
  return new HclParser(typeof input === "string" ? input : input.toString("utf8"), limits).document();
}

class HclParser {
  private readonly scanner: HclScanner;
  private readonly depthMax: number;
  private itemsLeft: number;
  private depth = 0;

  constructor(text: string, limits: HclLimits) {
    this.scanner = new HclScanner(text.startsWith("\uFEFF") ? text.slice(1) : text);
    this.depthMax = Math.min(limits.depthMax ?? DEPTH_MAX_DEFAULT, DEPTH_MAX_CEILING);
    this.itemsLeft = limits.itemsMax ?? ITEMS_MAX_DEFAULT;
  }

  document(): HclBody {
    const body = this.items();
    if (!Number.isNaN(this.scanner.peek())) this.scanner.fail("a name is expected");
    return body;
  }

  /** Items up to the closing brace or the end, which stay unread. */
  private items(): HclBody {
    const items: (HclAttribute | HclBlock)[] = [];
    const names = new Set<string>();
    for (let code = this.scanner.peek(); !Number.isNaN(code) && code !== BRACE_CLOSE; code = this.scanner.peek()) {
      const item = this.item();
      if (item.kind === "attribute") {
        if (names.has(item.name)) throw new HclError(item.place, "the attribute is there twice");
        names.add(item.name);
      }
      items.push(item);
      if (this.scanner.peek() === COMMA) this.scanner.advance();
    }
    return new HclBody(items);
  }

  private item(): HclAttribute | HclBlock {
    this.countItem();
    const name = this.key();
    const { place } = name;
    const code = this.scanner.peek();
    if (code === EQUALS || code === COLON) {
      this.scanner.advance();
      return { kind: "attribute", name: name.text, value: this.value(), place };
    }
    const labels: string[] = [];
    while (this.scanner.peek() === QUOTE || this.scanner.startsIdentifier()) {
      this.countItem();
      labels.push(this.key().text);
    }
    if (this.scanner.peek() !== BRACE_OPEN) this.scanner.fail("= or { is expected");
    return { kind: "block", name: name.text, labels, body: this.braces(), place };
  }

  private key(): { readonly text: string; readonly place: { readonly line: number; readonly column: number } } {
    const code = this.scanner.peek();
    const start = this.scanner.position;
    if (code === QUOTE) return { text: this.scanner.string(), place: this.scanner.place(start) };
    if (!this.scanner.startsIdentifier()) this.scanner.fail("a name is expected");
    return { text: this.scanner.identifier(), place: this.scanner.place(start) };
  }

  private braces(): HclBody {
    const start = this.descend();
    const body = this.items();
    if (this.scanner.peek() !== BRACE_CLOSE) this.scanner.fail("the brace is not closed", start);
    this.ascend();
    return body;
  }

  private list(): readonly HclValue[] {
    const start = this.descend();
    const values: HclValue[] = [];
    while (this.scanner.peek() !== BRACKET_CLOSE) {
      if (Number.isNaN(this.scanner.peek())) this.scanner.fail("the bracket is not closed", start);
      this.countItem();
      values.push(this.value());
      const code = this.scanner.peek();
      if (code === COMMA) this.scanner.advance();
      else if (code !== BRACKET_CLOSE) this.scanner.fail("a comma or ] is expected");
    }
    this.ascend();
    return values;
  }

  private value(): HclValue {
    const code = this.scanner.peek();
    if (code === QUOTE) return this.scanner.string();
    if (code === BRACKET_OPEN) return this.list();
    if (code === BRACE_OPEN) return this.braces();
    if (this.scanner.startsWith("<<")) return this.scanner.heredoc();
    if (this.scanner.startsNumber()) return this.scanner.number();
    const start = this.scanner.position;
    const word = this.scanner.startsIdentifier() ? this.scanner.identifier() : "";
    if (word === "true") return true;
    if (word === "false") return false;
    return this.scanner.fail("a value is expected: a string, a number, true, false, a list or an object", start);
  }

  private countItem(): void {
    if (--this.itemsLeft < 0) this.scanner.fail("the document has too many items");
  }

  private descend(): number {
    if (++this.depth > this.depthMax) this.scanner.fail("nested too deeply");
    const start = this.scanner.position;
    this.scanner.advance();
    return start;
  }

  private ascend(): void {
    this.depth--;
    this.scanner.advance();
  }
}

/**
 * Reads the JSON form of the language: members become attributes, `null` members are left out.
 * @throws HclError naming line and column of a syntax error
 */
export function parseHclJson(text: string, limits: HclLimits = {}): HclBody {
  try {
    const value = parseJson(text, {
      bytesMax: limits.bytesMax ?? BYTES_MAX_DEFAULT,
      depthMax: limits.depthMax ?? DEPTH_MAX_DEFAULT,
      valuesMax: limits.itemsMax ?? ITEMS_MAX_DEFAULT,
    });
    if (value instanceof Map) return bodyOfJson(value);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new HclError(placeOfByte(text, error.offsetBytes), error.message.replace(/ at offset \d+$/, ""));
  }
  throw new HclError({ line: 1, column: 1 }, "an object is expected");
}

/** HCL, or its JSON form where the first significant character is a brace. */
export function parseHclOrJson(input: Buffer | string, limits: HclLimits = {}): HclBody {
  const text = typeof input === "string" ? input : input.toString("utf8");
  return text.trimStart().startsWith("{") ? parseHclJson(text, limits) : parseHcl(input, limits);
}

const UNKNOWN_PLACE = { line: 0, column: 0 };

function bodyOfJson(object: ReadonlyMap<string, JsonValue>): HclBody {
  const items: HclAttribute[] = [];
  for (const [name, value] of object) {
    if (value !== null) items.push({ kind: "attribute", name, value: valueOfJson(value), place: UNKNOWN_PLACE });
  }
  return new HclBody(items);
}

function valueOfJson(value: JsonValue): HclValue {
  if (value instanceof Map) return bodyOfJson(value);
  if (Array.isArray(value)) return value.map(valueOfJson);
  if (value instanceof ExactNumber) return Number(value.text);
  if (value === null) throw new HclError(UNKNOWN_PLACE, "null may not stand in a list");
  return value;
}

function placeOfByte(text: string, offsetBytes: number): { readonly line: number; readonly column: number } {
  const before = Buffer.from(text).subarray(0, offsetBytes).toString("utf8");
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: before.length - lineStart + 1 };
}
