import { formatLosslessJson, type JsonValue, parseLosslessJson } from "../protocol/lossless-json";
import { type Terminal, UsageError } from "./command";

/**
 * The data of a write: `key=value`, `key=@file`, `key=-` (standard input), `@file` or `-` (a whole JSON object). A key that
 * is given more than once becomes a list. Numbers of JSON input stay exact.
 */
export async function readKeyValues(
  terminal: Terminal,
  args: readonly string[],
): Promise<ReadonlyMap<string, JsonValue>> {
  const values = new Map<string, JsonValue>();
  for (const arg of args) {
    const parts =
      arg === "-" || arg.startsWith("@") ? await wholeObject(terminal, arg) : [await keyValue(terminal, arg)];
    for (const [key, value] of parts) values.set(key, values.has(key) ? appended(values.get(key), value) : value);
  }
  return values;
}

export function jsonObject(values: ReadonlyMap<string, JsonValue>): string {
  return formatLosslessJson(values);
}

async function keyValue(terminal: Terminal, arg: string): Promise<readonly [string, JsonValue]> {
  const equals = arg.indexOf("=");
  if (equals < 1)
    throw new UsageError(`"${arg}" is not of the form key=value; use key=@file or key=- for long or secret values`);
  const [key, value] = [arg.slice(0, equals), arg.slice(equals + 1)];
  if (value === "-") return [key, await terminal.readInput()];
  if (value.startsWith("@")) return [key, await terminal.readFile(value.slice(1))];
  return [key, value.startsWith("\\@") ? value.slice(1) : value];
}

async function wholeObject(terminal: Terminal, arg: string): Promise<ReadonlyMap<string, JsonValue>> {
  const source = arg === "-" ? "standard input" : arg.slice(1);
  const text = arg === "-" ? await terminal.readInput() : await terminal.readFile(source);
  try {
    const value = parseLosslessJson(text);
    if (value instanceof Map) return value;
  } catch {
    // The parser's message is left out with the text it may quote.
  }
  throw new UsageError(`${source} is not a JSON object`);
}

function appended(before: JsonValue | undefined, value: JsonValue): JsonValue {
  return Array.isArray(before) ? [...before, value] : [before ?? null, value];
}
