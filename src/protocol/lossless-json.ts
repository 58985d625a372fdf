import { ExactNumber } from "./exact-number";

/** JSON without loss: numbers keep every digit, objects are maps so that no key is special. */
export type JsonValue =
  | null
  | boolean
  | string
  | number
  | ExactNumber
  | readonly JsonValue[]
  | ReadonlyMap<string, JsonValue>;

const NESTING_MAX = 512;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;
const WORDS = new Map<string, JsonValue>([
  ["null", null],
  ["true", true],
  ["false", false],
]);

class Parser {
  #offset = 0;

  constructor(readonly text: string) {}

  whole(): JsonValue {
    const value = this.#value(0);
    this.#match(SPACE);
    if (this.#offset !== this.text.length) this.#fail();
    return value;
  }

  #value(depth: number): JsonValue {
    if (depth > NESTING_MAX) throw new SyntaxError("JSON nests too deeply");
    this.#match(SPACE);
    const first = this.text[this.#offset];
    if (first === "{") return this.#object(depth);
    if (first === "[") return this.#array(depth);
    if (first === '"') return this.#string();
    if (first === "-" || (first !== undefined && first >= "0" && first <= "9")) return this.#number();
    return this.#word();
  }

  #object(depth: number): ReadonlyMap<string, JsonValue> {
    const map = new Map<string, JsonValue>();
    this.#members("}", () => {
      const key = this.#string();
      this.#expect(":");
      map.set(key, this.#value(depth + 1));
    });
    return map;
  }

  #array(depth: number): readonly JsonValue[] {
    const items: JsonValue[] = [];
    this.#members("]", () => items.push(this.#value(depth + 1)));
    return items;
  }

  #members(close: string, member: () => void): void {
    this.#offset += 1;
    if (this.#accept(close)) return;
    do {
      this.#match(SPACE);
      member();
    } while (this.#accept(","));
    this.#expect(close);
  }

  #string(): string {
    const start = this.#offset;
    if (this.text[start] !== '"') this.#fail();
    let end = this.text.indexOf('"', start + 1);
    while (end >= 0 && this.#isEscaped(end)) end = this.text.indexOf('"', end + 1);
    if (end < 0) this.#fail();
    this.#offset = end + 1;
    try {
      const parsed: unknown = JSON.parse(this.text.slice(start, end + 1));
      return typeof parsed === "string" ? parsed : this.#fail();
    } catch {
      return this.#fail();
    }
  }

  /** True after an odd number of backslashes. */
  #isEscaped(position: number): boolean {
    let backslashes = 0;
    while (this.text[position - 1 - backslashes] === "\\") backslashes += 1;
    return backslashes % 2 === 1;
  }

  #number(): number | ExactNumber {
    return ExactNumber.parse(this.#match(NUMBER) ?? this.#fail()) ?? this.#fail();
  }

  #word(): JsonValue {
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.#offset)) {
        this.#offset += word.length;
        return value;
      }
    }
    return this.#fail();
  }

  #accept(character: string): boolean {
    this.#match(SPACE);
    if (this.text[this.#offset] !== character) return false;
    this.#offset += 1;
    return true;
  }

  #expect(character: string): void {
    if (!this.#accept(character)) this.#fail();
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.#offset += found.length;
    return found;
  }

  #fail(): never {
    throw new SyntaxError(`not JSON at character ${this.#offset}`);
  }
}

/** Parses JSON (RFC 8259). Of a repeated key the last counts. Throws SyntaxError, without quoting the text. */
export function parseLosslessJson(text: string): JsonValue {
  return new Parser(text).whole();
}

/** Writes JSON without white space; numbers keep every digit, keys their order. */
export function formatLosslessJson(value: JsonValue): string {
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(formatLosslessJson).join(",")}]`;
  if (!(value instanceof Map)) return JSON.stringify(value);
  return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${formatLosslessJson(item)}`).join(",")}}`;
}
