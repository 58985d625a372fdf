import { flagTable } from "./flags";
import { type OptionRow, optionTable } from "./options";

/** What `meridian-server -help` prints. */
export function helpText(): string {
  const flags = flagTable.map((row) => `  -${row.name}${row.takesValue ? "=VALUE" : ""}`.padEnd(30) + row.help);
  const options = optionTable
    .filter((row) => row.ignored !== true)
    .map((row) => `  ${row.path} `.padEnd(38) + summary(row));
  return [
    "Usage: meridian-server -config=FILE | -dev",
    "",
    "A secret server that speaks Vault's HTTP API and replicates between clusters.",
    "",
    "Flags (one dash or two):",
    ...flags,
    "",
    'Configuration (HCL or JSON; listener "tcp" {}, storage "lmdb" {}, seal "static" {}):',
    ...options,
    "",
    "Signals: SIGHUP reads TLS files and log_level again, SIGTERM and SIGINT finish what is under way and stop.",
    "",
  ].join("\n");
}

function summary(row: OptionRow): string {
  const allowed = row.allowed === undefined ? "" : ` One of ${row.allowed.join(", ")}.`;
  const fallback = row.default === undefined ? "" : ` Default: ${row.default}.`;
  return `${row.description}${allowed}${fallback}`;
}

/** A configuration to start from, in HCL. */
export function sampleConfiguration(): string {
  const general = optionTable.filter((row) => !row.path.includes(".") && row.example !== undefined);
  const block = (name: string, label: string): string[] => {
    const prefix = label === "" ? `${name}.` : `${name}.${label}.`;
    const rows = optionTable.filter((row) => row.path.startsWith(prefix) && row.example !== undefined);
    const open = label === "" ? `${name} {` : `${name} "${label}" {`;
    return [
      open,
      ...rows.map((row) => `  # ${row.description}\n  ${assignment(row.path.slice(prefix.length), row)}`),
      "}",
      "",
    ];
  };
  return [
    ...general.flatMap((row) => [`# ${row.description}`, assignment(row.path, row)]),
    "",
    ...block("listener", "tcp"),
    ...block("storage", "lmdb"),
    "# Unseals at every start; leave it out to unseal with key shares.",
    ...block("seal", "static"),
  ].join("\n");
}

function assignment(name: string, row: OptionRow): string {
  return `${name} = ${typeof row.example === "string" ? JSON.stringify(row.example) : String(row.example)}`;
}

/** docs/reference/configuration.md. */
export function referencePage(): string {
  const line = (row: OptionRow): string =>
    `| \`${row.path}\` | ${row.type} | ${row.default === undefined ? "" : `\`${row.default}\``} | ${row.description}${
      row.allowed === undefined ? "" : ` One of ${row.allowed.map((value) => `\`${value}\``).join(", ")}.`
    }${row.ignored === true ? " Has no effect." : ""} |`;
  return [
    "# Server configuration",
    "",
    "Made from the table of options (server/config/options.ts) by `npm run generate`. HCL and JSON are both read; in JSON a block",
    'is `"listener": [{"tcp": {...}}]`, `"storage": {"lmdb": {...}}`, `"seal": {"static": {...}}`. `storage "inmem" {}` keeps',
    'everything in memory; without a `seal` block the server is unsealed with key shares (`seal "shamir" {}`).',
    "",
    "| option | type | default | meaning |",
    "|---|---|---|---|",
    ...optionTable.map(line),
    "",
  ].join("\n");
}
