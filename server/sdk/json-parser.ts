import { isUtf8 } from "node:buffer";
import type { JsonErrorCode, JsonObject, JsonValue } from "./json-value";
import { ExactNumber, JsonError } from "./json-value";

export interface JsonLimits {
  /** @default 33_554_432 (32 MiB) */
  readonly bytesMax?: number | undefined;
  /** Nested arrays and objects, at most 512. @default 64 */
  readonly depthMax?: number | undefined;
  /** Values of any kind, containers included. @default 100_000 */
  readonly valuesMax?: number | undefined;
  /** UTF-8 bytes of one object key. @default 16_384 */
  readonly keyBytesMax?: number | undefined;
}

const BYTES_MAX_DEFAULT = 32 * 1024 * 1024;
const DEPTH_MAX_DEFAULT = 64;
/** The parser recurses once for each level, so the depth is bounded whatever the caller asks for. */
const DEPTH_MAX_CEILING = 512;
const VALUES_MAX_DEFAULT = 100_000;
const KEY_BYTES_MAX_DEFAULT = 16 * 1024;

/** Integers of up to 15 digits are exact in a double and print back as they came. */
const EXACT_DIGITS_MAX = 15;
/** The longest text `String(number)` yields is 24 characters. */
const DOUBLE_TEXT_MAX = 25;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;

/** A control character, or the escape character: a document without either has strings that end at the next quote. */
const NEEDS_CARE = /[^ -[\]-\uffff]/;

const SIMPLE_ESCAPES = new Map<number, string>([
  [QUOTE, '"'],
  [BACKSLASH, "\\"],
  [0x2f, "/"],
  [0x62, "\b"],
  [0x66, "\f"],
  [0x6e, "\n"],
  [0x72, "\r"],
  [0x74, "\t"],
]);

/** One pass over the text with character codes; no regular expression and no look-back, so the time is linear. */
export class JsonParser {
  private readonly text: string;
  private readonly depthMax: number;
  private readonly keyBytesMax: number;
  /** Whether every string of the document ends at the next quote and holds nothing to check. */
  private readonly plainStrings: boolean;
  private position = 0;
  private depth = 0;
  private valuesLeft: number;

  constructor(input: Buffer | string, limits: JsonLimits) {
    const bytesMax = limits.bytesMax ?? BYTES_MAX_DEFAULT;
    const bytes = typeof input === "string" ? Buffer.byteLength(input) : input.length;
    if (bytes > bytesMax) throw new JsonError("too_large", bytesMax, "the document is too large");
    this.depthMax = Math.min(limits.depthMax ?? DEPTH_MAX_DEFAULT, DEPTH_MAX_CEILING);
    this.valuesLeft = limits.valuesMax ?? VALUES_MAX_DEFAULT;
    this.keyBytesMax = limits.keyBytesMax ?? KEY_BYTES_MAX_DEFAULT;
    this.text = typeof input === "string" ? input : decode(input);
    this.plainStrings = !NEEDS_CARE.test(this.text);
  }

  parse(): JsonValue {
    const value = this.value();
    this.skipBlanks();
    if (this.position < this.text.length) this.fail("invalid", "unexpected text after the document");
    return value;
  }

  private value(): JsonValue {
    if (--this.valuesLeft < 0) this.fail("too_many_values", "too many values");
    const code = this.skipBlanks();
    switch (code) {
      case QUOTE:
        return this.string();
      case 0x7b:
        return this.object();
      case 0x5b:
        return this.array();
      case 0x74:
        return this.literal("true", true);
      case 0x66:
        return this.literal("false", false);
      case 0x6e:
        return this.literal("null", null);
      default:
        return this.number(code);
    }
  }

  /** Moves to the next significant character and returns its code, NaN at the end. */
  private skipBlanks(): number {
    let code = this.text.charCodeAt(this.position);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      code = this.text.charCodeAt(++this.position);
    }
    return code;
  }

  private object(): JsonObject {
    const members: JsonObject = new Map();
    this.descend();
    if (this.skipBlanks() === 0x7d) return this.ascend(members);
    for (;;) {
      if (this.skipBlanks() !== QUOTE) this.fail("invalid", "an object key is expected");
      const start = this.position;
      const key = this.string();
      if (key.length * 3 > this.keyBytesMax) this.checkKey(key, start);
      if (this.skipBlanks() !== 0x3a) this.fail("invalid", "a colon is expected");
      this.position++;
      members.set(key, this.value());
      const code = this.skipBlanks();
      if (code === 0x7d) return this.ascend(members);
      if (code !== 0x2c) this.fail("invalid", "a comma or the end of the object is expected");
      this.position++;
    }
  }

  private array(): JsonValue[] {
    const items: JsonValue[] = [];
    this.descend();
    if (this.skipBlanks() === 0x5d) return this.ascend(items);
    for (;;) {
      items.push(this.value());
      const code = this.skipBlanks();
      if (code === 0x5d) return this.ascend(items);
      if (code !== 0x2c) this.fail("invalid", "a comma or the end of the array is expected");
      this.position++;
    }
  }

  private descend(): void {
    if (++this.depth > this.depthMax) this.fail("too_deep", "nested too deeply");
    this.position++;
  }

  private ascend<Container>(container: Container): Container {
    this.depth--;
    this.position++;
    return container;
  }

  private checkKey(key: string, start: number): void {
    if (Buffer.byteLength(key) <= this.keyBytesMax) return;
    this.position = start;
    this.fail("key_too_long", "an object key is too long");
  }

  private literal<Value>(word: string, value: Value): Value {
    if (!this.text.startsWith(word, this.position)) this.fail("invalid", "a value is expected");
    this.position += word.length;
    return value;
  }

  private number(first: number): number | ExactNumber {
    const { text } = this;
    const start = this.position;
    let position = start;
    let code = first;
    if (code === MINUS) code = text.charCodeAt(++position);
    const digitsStart = position;
    let sum = 0;
    while (code >= ZERO && code <= NINE) {
      sum = sum * 10 + (code - ZERO);
      code = text.charCodeAt(++position);
    }
    const digits = position - digitsStart;
    if (digits === 0) this.fail("invalid", "a value is expected");
    if (digits > 1 && text.charCodeAt(digitsStart) === ZERO) this.fail("invalid", "a number has a leading zero");
    this.position = position;
    if (code === 0x2e || (code | 0x20) === 0x65) {
      this.fractionAndExponent(code);
    } else if (digits <= EXACT_DIGITS_MAX && (sum !== 0 || first !== MINUS)) {
      return first === MINUS ? -sum : sum;
    }
    return exactly(text.slice(start, this.position));
  }

  private fractionAndExponent(first: number): void {
    let code = first;
    if (code === 0x2e) {
      this.position++;
      code = this.digits();
    }
    if ((code | 0x20) !== 0x65) return;
    const sign = this.text.charCodeAt(++this.position);
    if (sign === 0x2b || sign === MINUS) this.position++;
    this.digits();
  }

  /** One digit or more; returns the code of what follows. */
  private digits(): number {
    const start = this.position;
    let code = this.text.charCodeAt(this.position);
    while (code >= ZERO && code <= NINE) code = this.text.charCodeAt(++this.position);
    if (this.position === start) this.fail("invalid", "a digit is expected");
    return code;
  }

  /** The position is on the opening quote. */
  private string(): string {
    const { text } = this;
    const start = ++this.position;
    if (this.plainStrings) {
      const end = text.indexOf('"', start);
      if (end < 0) this.fail("invalid", "a string does not end");
      this.position = end + 1;
      return text.slice(start, end);
    }
    let position = start;
    let code = text.charCodeAt(position);
    while (code !== QUOTE && code !== BACKSLASH && code >= 0x20) code = text.charCodeAt(++position);
    this.position = position;
    if (code === QUOTE) {
      this.position++;
      return text.slice(start, position);
    }
    return this.stringWithEscapes(start);
  }

  private stringWithEscapes(start: number): string {
    const { text } = this;
    let result = "";
    let runStart = start;
    let surrogates = false;
    for (;;) {
      const code = text.charCodeAt(this.position);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        result += text.slice(runStart, this.position);
        const unit = this.escape();
        surrogates ||= unit >= "\ud800" && unit <= "\udfff";
        result += unit;
        runStart = this.position;
      } else if (code >= 0x20) {
        this.position++;
      } else {
        this.fail("invalid", Number.isNaN(code) ? "a string does not end" : "a control character in a string");
      }
    }
    result += text.slice(runStart, this.position++);
    return surrogates ? wellFormed(result) : result;
  }

  /** The position is on the backslash. */
  private escape(): string {
    const code = this.text.charCodeAt(this.position + 1);
    if (code === 0x75) return this.unicodeEscape();
    const simple = SIMPLE_ESCAPES.get(code);
    if (simple === undefined) this.fail("invalid", "an unknown escape");
    this.position += 2;
    return simple;
  }

  private unicodeEscape(): string {
    let unit = 0;
    for (let index = this.position + 2; index < this.position + 6; index++) {
      const digit = hexDigit(this.text.charCodeAt(index));
      if (digit < 0) this.fail("invalid", "an incomplete escape");
      unit = unit * 16 + digit;
    }
    this.position += 6;
    return String.fromCharCode(unit);
  }

  private fail(code: JsonErrorCode, reason: string): never {
    throw new JsonError(code, Buffer.byteLength(this.text.slice(0, this.position)), reason);
  }
}

function decode(input: Buffer): string {
  if (!isUtf8(input)) throw new JsonError("invalid", 0, "the document is not valid UTF-8; counted from its start,");
  return input.toString("utf8");
}

function exactly(text: string): number | ExactNumber {
  if (text.length > DOUBLE_TEXT_MAX) return new ExactNumber(text);
  const number = Number(text);
  return String(number) === text ? number : new ExactNumber(text);
}

function hexDigit(code: number): number {
  if (code >= ZERO && code <= NINE) return code - ZERO;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Lone surrogates become U+FFFD, as in Go; they have no UTF-8 form. */
function wellFormed(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
