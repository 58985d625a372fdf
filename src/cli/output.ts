import { ExactNumber } from "../protocol/exact-number";
import { formatLosslessJson, type JsonValue, parseLosslessJson } from "../protocol/lossless-json";

export type Row = readonly [string, string];

/** Two columns under a heading, as people know them. */
export function table(rows: readonly Row[], heading: Row = ["Key", "Value"]): string {
  const all = [heading, heading.map((text) => "-".repeat(text.length)), ...rows];
  const width = Math.max(...all.map(([key = ""]) => key.length));
  return `${all.map(([key = "", value = ""]) => `${key.padEnd(width)}    ${value}`.trimEnd()).join("\n")}\n`;
}

/** The answer's own JSON, indented, digit for digit. */
export function indentedJson(text: string): string {
  return `${indented(parseLosslessJson(text), "")}\n`;
}

function indented(value: JsonValue, margin: string): string {
  const inner = `${margin}  `;
  if (Array.isArray(value) && value.length > 0) {
    return `[\n${value.map((item) => inner + indented(item, inner)).join(",\n")}\n${margin}]`;
  }
  if (value instanceof Map && value.size > 0) {
    const entries = [...value].map(([key, item]) => `${inner}${JSON.stringify(key)}: ${indented(item, inner)}`);
    return `{\n${entries.join(",\n")}\n${margin}}`;
  }
  return formatLosslessJson(value);
}

/** One value in a cell: texts as they are, lists in brackets, the rest as JSON. */
export function cell(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "n/a";
  if (typeof value === "string") return value;
  if (value instanceof ExactNumber || value instanceof Map || !Array.isArray(value)) return formatLosslessJson(value);
  return `[${value.map(cell).join(" ")}]`;
}

export function member(value: JsonValue | undefined, ...names: readonly string[]): JsonValue | undefined {
  return names.reduce<JsonValue | undefined>((at, name) => (at instanceof Map ? at.get(name) : undefined), value);
}

export function rowsOf(value: JsonValue | undefined): readonly Row[] {
  return value instanceof Map ? [...value].map(([key, item]): Row => [key, cell(item)]) : [];
}

/** An answer the way people expect it: a login or a wrapped answer by its own fields, else its data. */
export function answerRows(answer: JsonValue): readonly Row[] {
  const auth = member(answer, "auth");
  if (auth instanceof Map) return prefixed("token", auth);
  const wrapped = member(answer, "wrap_info");
  if (wrapped instanceof Map) return prefixed("wrapping", wrapped);
  const lease = member(answer, "lease_id");
  const leaseRows: readonly Row[] =
    typeof lease === "string" && lease !== ""
      ? [
          ["lease_id", lease],
          ["lease_duration", cell(member(answer, "lease_duration"))],
          ["lease_renewable", cell(member(answer, "renewable"))],
        ]
      : [];
  const data = member(answer, "data");
  return [...leaseRows, ...rowsOf(data instanceof Map ? data : undefined)];
}

const RENAMED: ReadonlyMap<string, string> = new Map([
  ["client_token", "token"],
  ["token", "wrapping_token"],
  ["accessor", "accessor"],
]);

function prefixed(prefix: string, fields: ReadonlyMap<string, JsonValue>): readonly Row[] {
  return [...fields].map(([key, value]): Row => {
    const renamed = RENAMED.get(key);
    if (renamed !== undefined && (prefix === "token") === (key === "client_token")) return [renamed, cell(value)];
    return [key.startsWith(prefix) ? key : `${prefix}_${key}`, cell(value)];
  });
}

export function warningsOf(answer: JsonValue): readonly string[] {
  const warnings = member(answer, "warnings");
  return Array.isArray(warnings) ? warnings.filter((text) => typeof text === "string") : [];
}
