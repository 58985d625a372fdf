import type { JsonInput } from "./json-value";
import { ExactNumber, RawJson } from "./json-value";

const DEPTH_MAX = 1000;

/** Anything but the characters Go's encoder writes as they are: escapes are needed, or a surrogate is there. */
const NEEDS_ESCAPE = /[^ !#-%'-;=?-[\]-\u2027\u202a-\ud7ff\ue000-\uffff]/;
/** A whole surrogate pair is matched first, so that a surrogate matched by the second half stands alone. */
const ESCAPED = /[\ud800-\udbff][\udc00-\udfff]|[^ !#-%'-;=?-[\]-\u2027\u202a-\ud7ff\ue000-\uffff]/g;

const SHORT_ESCAPES = new Map<string, string>([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

type JsonContainer = Exclude<JsonInput, null | undefined | boolean | string | number | bigint> | Uint8Array;
/** Bytes get this far in the types only; writing them is refused. */
type PlainObject = { readonly [key: string]: JsonInput | Uint8Array };

/** Depth is bounded, so that a cycle ends in an error and not in an exhausted stack. */
export class JsonWriter {
  private depth = 0;

  write(value: JsonInput | Uint8Array): string {
    switch (typeof value) {
      case "string":
        return quote(value);
      case "number":
        return finite(value);
      case "boolean":
        return value ? "true" : "false";
      case "bigint":
        return value.toString();
      case "object":
        return value === null ? "null" : this.container(value);
      case "undefined":
        return "null";
      default:
        throw new TypeError(`a ${typeof value} has no JSON form`);
    }
  }

  private container(value: JsonContainer): string {
    if (value instanceof ExactNumber) return value.text;
    if (value instanceof RawJson) return typeof value.text === "string" ? value.text : value.text.toString("utf8");
    if (value instanceof Uint8Array) throw new TypeError("bytes have no JSON form");
    if (++this.depth > DEPTH_MAX) throw new TypeError("nested too deeply for JSON");
    const text = isArray(value) ? this.array(value) : isMap(value) ? this.map(value) : this.plain(value);
    this.depth--;
    return text;
  }

  private array(items: readonly JsonInput[]): string {
    let text = "[";
    for (let index = 0; index < items.length; index++) {
      if (index > 0) text += ",";
      text += this.write(items[index]);
    }
    return `${text}]`;
  }

  private map(members: ReadonlyMap<string, JsonInput>): string {
    let text = "";
    for (const [key, value] of members) {
      if (value !== undefined) text += `${text === "" ? "{" : ","}${quote(key)}:${this.write(value)}`;
    }
    return text === "" ? "{}" : `${text}}`;
  }

  private plain(members: PlainObject): string {
    let text = "";
    for (const key of Object.keys(members)) {
      const value = members[key];
      if (value !== undefined) text += `${text === "" ? "{" : ","}${quote(key)}:${this.write(value)}`;
    }
    return text === "" ? "{}" : `${text}}`;
  }
}

function isArray(value: object): value is readonly JsonInput[] {
  return Array.isArray(value);
}

function isMap(value: object): value is ReadonlyMap<string, JsonInput> {
  return value instanceof Map;
}

function finite(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError("a number that is not finite has no JSON form");
  return String(value);
}

function quote(text: string): string {
  return NEEDS_ESCAPE.test(text) ? `"${text.replace(ESCAPED, escaped)}"` : `"${text}"`;
}

function escaped(unit: string): string {
  if (unit.length === 2) return unit;
  const short = SHORT_ESCAPES.get(unit);
  if (short !== undefined) return short;
  const code = unit.charCodeAt(0);
  if (code >= 0xd800 && code <= 0xdfff) return "\ufffd";
  return `\\u${code.toString(16).padStart(4, "0")}`;
}
