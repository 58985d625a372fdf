import { type FlagRow, type FlagValues, UsageError } from "./command";

/** Every command takes these. */
export const COMMON_FLAGS: readonly FlagRow[] = [
  {
    name: "address",
    kind: "text",
    description: "Address of the server. Else MERIDIAN_ADDR, VAULT_ADDR, https://127.0.0.1:8200.",
  },
  { name: "token", kind: "text", description: "Token to use. Else MERIDIAN_TOKEN, VAULT_TOKEN, the one `login` kept." },
  {
    name: "ca-cert",
    kind: "text",
    description: "File with the authority (PEM) of the server's certificate. Else MERIDIAN_CACERT, VAULT_CACERT.",
  },
  {
    name: "format",
    kind: "text",
    description: "`table` or `json`. Else MERIDIAN_FORMAT, VAULT_FORMAT.",
    default: "table",
  },
  { name: "help", kind: "switch", description: "Show how the command is used." },
];

const SHORT: ReadonlyMap<string, string> = new Map([
  ["h", "help"],
  ["f", "force"],
]);

export interface ParsedArguments {
  readonly flags: FlagValues;
  readonly positional: readonly string[];
}

/**
 * Flags may stand anywhere, with one dash or two, `-name=value` or `-name value`. A lone dash is an argument, and after `--`
 * everything is.
 */
export function parseArguments(args: readonly string[], rows: readonly FlagRow[]): ParsedArguments {
  const flags = new Map<string, string | number | true>();
  const positional: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? "";
    if (arg === "--") return { flags, positional: [...positional, ...args.slice(at + 1)] };
    const match = /^--?([A-Za-z][A-Za-z0-9-]*)(?:=([\s\S]*))?$/.exec(arg);
    if (match === null) {
      positional.push(arg);
      continue;
    }
    const [, given = "", inline] = match;
    const row = findRow(given, rows);
    const takesNext = row.kind !== "switch" && inline === undefined;
    if (takesNext) at += 1;
    const value = takesNext ? args[at] : inline;
    flags.set(row.name, flagValue(row, value));
  }
  return { flags, positional };
}

function findRow(given: string, rows: readonly FlagRow[]): FlagRow {
  const name = SHORT.get(given) ?? given;
  const row = rows.find((one) => one.name === name);
  if (row !== undefined) return row;
  const known = rows.map((one) => `-${one.name}`).join(", ");
  throw new UsageError(`there is no flag -${given}; known are ${known}`);
}

function flagValue(row: FlagRow, value: string | undefined): string | number | true {
  if (row.kind === "switch") {
    if (value === undefined || value === "true") return true;
    throw new UsageError(`-${row.name} takes no value`);
  }
  if (value === undefined) throw new UsageError(`-${row.name} needs a value`);
  if (row.kind === "text") return value;
  if (!/^\d{1,15}$/.test(value)) throw new UsageError(`-${row.name} needs a whole number`);
  return Number(value);
}
