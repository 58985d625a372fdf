import { type FlagRow, type FlagValues, UsageError } from "./command";
import { nearest } from "./nearest";

/** Every command takes these. */
export const COMMON_FLAGS: readonly FlagRow[] = [
  {
    name: "address",
    kind: "text",
    description: "Address of the server (MERIDIAN_ADDR, VAULT_ADDR; https://127.0.0.1:8200).",
  },
  {
    name: "token",
    kind: "text",
    description: "Token to use (MERIDIAN_TOKEN, VAULT_TOKEN; the one that login kept).",
  },
  {
    name: "ca-cert",
    kind: "text",
    description: "File with the authority (PEM) of the server's certificate (MERIDIAN_CACERT, VAULT_CACERT).",
  },
  {
    name: "tls-skip-verify",
    kind: "switch",
    description:
      "Believe whoever answers to be the server; never for production (MERIDIAN_SKIP_VERIFY, VAULT_SKIP_VERIFY).",
  },
  { name: "namespace", kind: "text", description: "Namespace to work in (MERIDIAN_NAMESPACE, VAULT_NAMESPACE)." },
  { name: "format", kind: "text", description: "table or json (MERIDIAN_FORMAT, VAULT_FORMAT; table)." },
  { name: "help", short: "h", kind: "switch", description: "Show how the command is used." },
];

/** Names that people know from elsewhere. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ["addr", "address"],
  ["ca-certificate", "ca-cert"],
  ["ns", "namespace"],
]);

const FLAG = /^--?([A-Za-z][A-Za-z0-9-]*)(?:=([\s\S]*))?$/;

export interface ParsedArguments {
  readonly flags: FlagValues;
  readonly positional: readonly string[];
}

/**
 * Flags may stand anywhere, with one dash or two, `-name=value` or `-name value`. A lone dash is an argument, and after `--`
 * everything is. The last of a repeated flag counts.
 *
 * @throws UsageError that never repeats a value: it may be a secret
 */
export function parseArguments(args: readonly string[], rows: readonly FlagRow[]): ParsedArguments {
  const flags = new Map<string, string | number | true>();
  const positional: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? "";
    if (arg === "--") return { flags, positional: [...positional, ...args.slice(at + 1)] };
    const match = FLAG.exec(arg);
    if (match === null) {
      positional.push(arg);
      continue;
    }
    const [, given = "", inline] = match;
    const row = findRow(given, rows);
    const takesNext = row.kind !== "switch" && inline === undefined;
    if (takesNext) at += 1;
    const value = flagValue(row, takesNext ? args[at] : inline);
    if (value === undefined) flags.delete(row.name);
    else flags.set(row.name, value);
  }
  return { flags, positional };
}

/** Splits off the flags that stand before the command's words; they are handed on to the command. */
export function leadingFlags(args: readonly string[]): readonly [leading: readonly string[], rest: readonly string[]] {
  let at = 0;
  while (at < args.length) {
    const match = FLAG.exec(args[at] ?? "");
    const row = match === null ? undefined : rowOf(match[1] ?? "", COMMON_FLAGS);
    if (match === null || row === undefined || row.name === "help") break;
    at += row.kind !== "switch" && match[2] === undefined ? 2 : 1;
  }
  return [args.slice(0, at), args.slice(at)];
}

function rowOf(given: string, rows: readonly FlagRow[]): FlagRow | undefined {
  const name = OTHER_NAMES.get(given) ?? given;
  return rows.find((one) => one.name === name || one.short === name);
}

function findRow(given: string, rows: readonly FlagRow[]): FlagRow {
  const row = rowOf(given, rows);
  if (row !== undefined) return row;
  const known = rows.map(({ name }) => name);
  const meant = nearest(given, known);
  const hint =
    meant === undefined ? `known are ${known.map((name) => `-${name}`).join(", ")}` : `did you mean -${meant}?`;
  throw new UsageError(`there is no flag -${given}; ${hint}`);
}

/** Undefined: a switch that was switched off. */
function flagValue(row: FlagRow, value: string | undefined): string | number | true | undefined {
  if (row.kind === "switch") {
    if (value === undefined || value === "true") return true;
    if (value === "false") return undefined;
    throw new UsageError(`-${row.name} takes no value`);
  }
  if (value === undefined) throw new UsageError(`-${row.name} needs a value`);
  if (row.kind === "text") return value;
  if (!/^\d{1,15}$/.test(value)) throw new UsageError(`-${row.name} needs a whole number`);
  return Number(value);
}
