import { formatLosslessJson, type JsonValue, parseLosslessJson } from "../protocol/lossless-json";
import { type Terminal, UsageError } from "./command";

/** What a write sends, with what of it must not show up in an error. */
export interface KeyValues {
  readonly values: ReadonlyMap<string, JsonValue>;
  readonly secrets: readonly string[];
}

/** Names whose values are hidden in errors wherever they came from. */
const SECRET_NAME = /pass|secret|token|key|pin|credential|private/i;

/**
 * The data of a write: `key=value`, `key=@file`, `key=-` (standard input), `@file` or `-` (a whole JSON object). A key that
 * is given more than once becomes a list. Numbers of JSON input stay exact.
 *
 * @throws UsageError that names arguments by position: they may be secrets
 */
export async function readKeyValues(terminal: Terminal, args: readonly string[]): Promise<KeyValues> {
  const values = new Map<string, JsonValue>();
  const secrets: string[] = [];
  for (const [position, arg] of args.entries()) {
    const isWhole = arg === "-" || arg.startsWith("@");
    const parts = isWhole ? await wholeObject(terminal, arg) : [await keyValue(terminal, arg, position)];
    const isHidden = isWhole || /=[@-]/.test(arg);
    for (const [key, value] of parts) {
      values.set(key, values.has(key) ? appended(values.get(key), value) : value);
      if (isHidden || SECRET_NAME.test(key)) secrets.push(...textsWithin(value));
    }
  }
  return { values, secrets };
}

/** Parameters of a query: `name=value` each. */
export function readQuery(args: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    args.map((arg, position) => {
      const equals = arg.indexOf("=");
      if (equals < 1) throw new UsageError(`parameter ${position + 1} is not of the form name=value`);
      return [arg.slice(0, equals), arg.slice(equals + 1)];
    }),
  );
}

export function jsonObject(values: ReadonlyMap<string, JsonValue>): string {
  return formatLosslessJson(values);
}

/** Every text in a value, for hiding. */
export function textsWithin(value: JsonValue): readonly string[] {
  if (typeof value === "string") return [value, value.trim()];
  if (Array.isArray(value)) return value.flatMap(textsWithin);
  return value instanceof Map ? [...value.values()].flatMap(textsWithin) : [];
}

async function keyValue(terminal: Terminal, arg: string, position: number): Promise<readonly [string, JsonValue]> {
  const equals = arg.indexOf("=");
  if (equals < 1)
    throw new UsageError(
      `argument ${position + 1} of the data is not of the form key=value; use key=@file or key=- for long or secret values`,
    );
  const [key, value] = [arg.slice(0, equals), arg.slice(equals + 1)];
  if (value === "-") return [key, utf8("standard input", await terminal.readInput())];
  if (value.startsWith("@")) return [key, utf8(value.slice(1), await terminal.readFile(value.slice(1)))];
  return [key, value.startsWith("\\@") ? value.slice(1) : value];
}

async function wholeObject(terminal: Terminal, arg: string): Promise<ReadonlyMap<string, JsonValue>> {
  const source = arg === "-" ? "standard input" : arg.slice(1);
  const bytes = arg === "-" ? await terminal.readInput() : await terminal.readFile(source);
  const text = utf8(source, bytes);
  try {
    const value = parseLosslessJson(text);
    if (value instanceof Map) return value;
  } catch {
    // The parser's message is left out with the text it may quote.
  }
  throw new UsageError(`${source} is not a JSON object`);
}

/** Bytes that are no text would be changed on their way: they are refused. */
function utf8(source: string, bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UsageError(`${source} is not UTF-8 text; encode it first, for example in base64`);
  }
}

function appended(before: JsonValue | undefined, value: JsonValue): JsonValue {
  return Array.isArray(before) ? [...before, value] : [before ?? null, value];
}
