import { parseDurationSeconds } from "./duration";
import type { JsonObject, JsonValue } from "./json";
import { ExactNumber, parseJson } from "./json";
import type { FieldNative, FieldType } from "./path";

/** A conversion that fails answers undefined: the caller names the field and `expectations[type]`, never the value. */
export type Convert<Type extends FieldType> = (value: JsonValue) => FieldNative[Type] | undefined;

/** What a field of the type accepts, for error messages. */
export const expectations: Readonly<Record<FieldType, string>> = {
  string: "a string",
  secret: "a string",
  boolean: "a boolean",
  integer: "an integer",
  number: "a number",
  duration: "a duration: seconds, or a string such as 90s, 1h30m or 3d",
  string_list: "a list of strings",
  integer_list: "a list of integers",
  key_value: "an object of strings, or a list of key=value",
  object: "an object",
  json: "a JSON value",
};

/**
 * Vault's lenience and no more: numbers for strings, strings for booleans, integers and durations, one comma-separated
 * string for lists. null never gets here.
 */
export const conversions: { readonly [Type in FieldType]: Convert<Type> } = {
  string: toText,
  secret: (value) => {
    const text = toText(value);
    return text === undefined ? undefined : Buffer.from(text, "utf8");
  },
  boolean: toBoolean,
  integer: toInteger,
  number: toNumber,
  duration: toDuration,
  string_list: toStringList,
  integer_list: toIntegerList,
  key_value: toKeyValue,
  object: (value) => (value instanceof Map ? value : undefined),
  json: (value) => value,
};

function toText(value: JsonValue): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  return value instanceof ExactNumber ? value.text : undefined;
}

const TRUE_WORDS = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE_WORDS = new Set(["", "0", "f", "F", "FALSE", "false", "False"]);

/** Go's strconv.ParseBool, and 1 and 0. */
export function toBoolean(value: JsonValue): boolean | undefined {
  if (typeof value === "boolean") return value;
  const text = toText(value);
  if (text === undefined) return undefined;
  if (TRUE_WORDS.has(text)) return true;
  return FALSE_WORDS.has(text) ? false : undefined;
}

function toInteger(value: JsonValue): number | undefined {
  const text = toText(value)?.trim();
  if (text === undefined) return undefined;
  if (text === "") return 0;
  const number = /^[+-]?\d{1,16}(\.0{1,16})?$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

function toNumber(value: JsonValue): number | undefined {
  const text = toText(value)?.trim();
  if (text === undefined) return undefined;
  const number = /^[+-]?\d{1,32}(\.\d{1,32})?([eE][+-]?\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

function toDuration(value: JsonValue): number | undefined {
  const text = toText(value);
  if (text === undefined || text.length > 64) return undefined;
  const seconds = parseDurationSeconds(typeof value === "number" ? value : text);
  return seconds === undefined ? undefined : Math.floor(seconds);
}

function commaList(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function toStringList(value: JsonValue): readonly string[] | undefined {
  if (!Array.isArray(value)) {
    const text = toText(value);
    return text === undefined ? undefined : commaList(text);
  }
  const items: string[] = [];
  for (const element of value) {
    const text = toText(element)?.trim();
    if (text === undefined) return undefined;
    if (text !== "") items.push(text);
  }
  return items;
}

function toIntegerList(value: JsonValue): readonly number[] | undefined {
  const elements = Array.isArray(value) ? value : commaElements(value);
  if (elements === undefined) return undefined;
  const items: number[] = [];
  for (const element of elements) {
    const item = toInteger(element);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

function commaElements(value: JsonValue): readonly string[] | undefined {
  const text = toText(value);
  return text === undefined ? undefined : commaList(text);
}

function toKeyValue(value: JsonValue): ReadonlyMap<string, string> | undefined {
  if (value instanceof Map) return scalarsOf(value);
  if (typeof value === "string") return keyValueText(value);
  return Array.isArray(value) ? pairsOf(value) : undefined;
}

function scalarsOf(members: JsonObject): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>();
  for (const [key, member] of members) {
    const text = typeof member === "boolean" ? String(member) : toText(member);
    if (text === undefined) return undefined;
    pairs.set(key, text);
  }
  return pairs;
}

/** `{"k":"v"}` as text (AppRole's metadata), or one `k=v`, or nothing. */
function keyValueText(text: string): ReadonlyMap<string, string> | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return new Map();
  if (!trimmed.startsWith("{")) return pairsOf([text]);
  try {
    const parsed = parseJson(trimmed, { bytesMax: 65_536, depthMax: 2, valuesMax: 1000 });
    return parsed instanceof Map ? scalarsOf(parsed) : undefined;
  } catch {
    return undefined;
  }
}

function pairsOf(items: readonly JsonValue[]): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>();
  for (const item of items) {
    const equals = typeof item === "string" ? item.indexOf("=") : -1;
    if (typeof item !== "string" || equals < 1) return undefined;
    pairs.set(item.slice(0, equals).trim(), item.slice(equals + 1));
  }
  return pairs;
}
