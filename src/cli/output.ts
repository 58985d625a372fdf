import { ExactNumber } from "../protocol/exact-number";
import { formatLosslessJson, type JsonValue } from "../protocol/lossless-json";

/** One line of a table; a first row of dashes is not among them. */
export type Row = readonly string[];

/** Columns under a heading, as people know them. */
export function table(rows: readonly Row[], heading: Row = ["Key", "Value"]): string {
  const shown = rows.map((row) => row.map(printable));
  const all = [heading, heading.map((text) => "-".repeat(text.length)), ...shown];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: Row) => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join("    ");
  return `${all.map((row) => line(row).trimEnd()).join("\n")}\n`;
}

/** A table under a title as wide as the table. */
export function section(title: string, body: string): string {
  const width = Math.max(title.length + 6, ...body.split("\n", 1).map((line) => line.length));
  const left = Math.floor((width - title.length - 2) / 2);
  const bars = [left, width - title.length - 2 - left].map((length) => "=".repeat(length));
  return `${bars[0]} ${title} ${bars[1]}\n${body}`;
}

/** A value must not move the cursor or colour the terminal; line ends and tabs stay. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** The server's own JSON with line ends and margins; every text and number is what the server wrote, digit for digit. */
export function indentedJson(text: string): string {
  const tokens = text.match(TOKEN) ?? [];
  const lines: string[] = [];
  let depth = 0;
  tokens.forEach((token, position) => {
    const before = tokens[position - 1];
    const isClose = token === "}" || token === "]";
    if (isClose) depth -= 1;
    const isEmpty = isClose && (before === "{" || before === "[");
    const startsLine = before === "{" || before === "[" || before === "," || isClose;
    if (startsLine && !isEmpty) lines.push(`\n${"  ".repeat(depth)}`);
    lines.push(token === ":" ? ": " : token);
    if (token === "{" || token === "[") depth += 1;
  });
  return `${lines.join("")}\n`;
}

/** One value in a cell: texts as they are, lists in brackets, the rest as JSON. */
export function cell(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "n/a";
  if (typeof value === "string") return value;
  if (value instanceof ExactNumber || value instanceof Map || !Array.isArray(value)) return formatLosslessJson(value);
  return `[${value.map(cell).join(" ")}]`;
}

/** What a script gets of one value: texts as they are, anything else as JSON. */
export function rawText(value: JsonValue): string {
  return typeof value === "string" ? value : formatLosslessJson(value);
}

/** `90` is `1m30s`, `7200` is `2h`. */
export function duration(seconds: number): string {
  if (seconds === 0) return "0s";
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 3600), "h"],
    [Math.floor((seconds % 3600) / 60), "m"],
    [seconds % 60, "s"],
  ];
  return parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count}${unit}`])).join("");
}
