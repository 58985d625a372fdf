import type { JsonInput } from "../../sdk/json";
import { ExactNumber, parseJson, RawJson, stringifyJson } from "../../sdk/json";

/** How a value of the trail is written. */
export interface ScalarWriter {
  /** JSON text for one string, number or boolean. */
  write(text: string): string;
}

const DEPTH_MAX = 100;

/**
 * JSON text of a document whose scalars all went through the writer: strings, numbers and booleans alike; null, keys and the
 * shape stay. `clear` names members of the top level that are written as they are, unless `sensitive` names them too.
 */
export function hashedJson(
  value: JsonInput,
  writer: ScalarWriter,
  clear: readonly string[] = [],
  sensitive: ReadonlySet<string> = NONE,
): string {
  const settled = plainOf(value);
  if (clear.length === 0 || !isObject(settled)) return hashed(settled, writer, 0);
  const members: string[] = [];
  for (const [name, member] of membersOf(settled)) {
    const isClear = clear.includes(name) && !sensitive.has(name);
    const text = isClear ? stringifyJson(member) : hashed(member, writer, 1);
    members.push(`${stringifyJson(name)}:${text}`);
  }
  return `{${members.join(",")}}`;
}

const NONE: ReadonlySet<string> = new Set();

function hashed(value: JsonInput, writer: ScalarWriter, depth: number): string {
  if (value === null || value === undefined) return "null";
  if (typeof value !== "object") return writer.write(typeof value === "string" ? value : String(value));
  if (value instanceof ExactNumber) return writer.write(value.text);
  if (depth > DEPTH_MAX) return '"nested too deeply"';
  const settled = plainOf(value);
  if (settled !== value) return hashed(settled, writer, depth + 1);
  if (isList(value)) return `[${value.map((item) => hashed(item, writer, depth + 1)).join(",")}]`;
  if (!isObject(value)) return "null";
  let text = "";
  for (const [name, member] of membersOf(value)) {
    if (member === undefined) continue;
    text += `${text === "" ? "{" : ","}${stringifyJson(name)}:${hashed(member, writer, depth + 1)}`;
  }
  return text === "" ? "{}" : `${text}}`;
}

/** Text that is JSON already is read again: what is in it is hashed like the rest. */
function plainOf(value: JsonInput): JsonInput {
  return value instanceof RawJson ? parseJson(value.text, { depthMax: DEPTH_MAX }) : value;
}

type JsonMembers = ReadonlyMap<string, JsonInput> | { readonly [name: string]: JsonInput };

function isList(value: object): value is readonly JsonInput[] {
  return Array.isArray(value);
}

function isObject(value: JsonInput): value is JsonMembers {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

function membersOf(value: JsonMembers): Iterable<readonly [string, JsonInput]> {
  return isMap(value) ? value : Object.entries(value);
}

function isMap(value: JsonMembers): value is ReadonlyMap<string, JsonInput> {
  return value instanceof Map;
}
