import type { JsonLimits } from "./json-parser";
import { JsonParser } from "./json-parser";
import type { JsonInput, JsonValue } from "./json-value";
import { JsonWriter } from "./json-writer";

export type { JsonLimits } from "./json-parser";
export type { JsonErrorCode, JsonInput, JsonObject, JsonValue } from "./json-value";
export { ExactNumber, JsonError, RawJson } from "./json-value";

/**
 * Reads one JSON document exactly (RFC 8259, UTF-8 without a byte order mark).
 * Throws JsonError, whose message names an offset in bytes and never the content.
 */
export function parseJson(input: Buffer | string, limits: JsonLimits = {}): JsonValue {
  return new JsonParser(input, limits).parse();
}

/**
 * Writes compact JSON the way Go's encoder does: `<`, `>`, `&`, U+2028 and U+2029 are escaped, lone surrogates become
 * U+FFFD. Members whose value is undefined are left out. Throws TypeError for NaN, infinities and nesting over 1,000.
 */
export function stringifyJson(value: JsonInput): string {
  return new JsonWriter().write(value);
}
