import { formatLosslessJson, type JsonValue } from "../../protocol/lossless-json";
import type { Answer } from "../api";
import { type Command, type ExitCode, type FlagRow, type Invocation, numberFlag, textFlag } from "../command";
import { fields, text, texts } from "../json-members";
import { indentedJson } from "../output";
import { readPgpKeys } from "../pgp-key";

const SHARES = 5;
const THRESHOLD_MAX = 3;

const flags: readonly FlagRow[] = [
  { name: "key-shares", kind: "number", description: "Into how many shares the unseal key is split (5)." },
  { name: "key-threshold", kind: "number", description: "How many of them unseal (3)." },
  { name: "pgp-keys", kind: "text", description: "Files with PGP public keys, comma-separated: one for each share." },
  {
    name: "recovery-shares",
    kind: "number",
    description: "Shares of the recovery key, if the server unseals itself (5).",
  },
  { name: "recovery-threshold", kind: "number", description: "How many of those are needed (3)." },
  { name: "recovery-pgp-keys", kind: "text", description: "As -pgp-keys, for the recovery shares." },
  {
    name: "root-token-pgp-key",
    kind: "text",
    description: "File with the PGP public key that the root token is encrypted to.",
  },
];

export const init: Command = {
  words: ["operator", "init"],
  summary: "Initialise a new server. Prints the unseal shares and the root token once.",
  usage: "",
  details:
    "  $ meridian operator init -key-shares=3 -key-threshold=2\n  $ meridian operator init -key-shares=2 -pgp-keys=anna.asc,ben.asc",
  flags,
  async run(invocation) {
    const api = await invocation.api();
    const seal = await api.call({ method: "GET", path: "sys/seal-status", token: null });
    const isAutomatic = (text(seal.body, "type") ?? "shamir") !== "shamir";
    const numbers = await requestOf(invocation, isAutomatic);
    const body = formatLosslessJson(numbers);
    const answer = await api.call({ method: "POST", path: "sys/init", body, token: null });
    return invocation.format === "json"
      ? printJsonKeys(invocation, answer, isAutomatic, numbers)
      : printKeys(invocation, answer, isAutomatic, numbers);
  },
};

/** What was asked for goes out as it is; the kind of shares that the seal needs has defaults. */
async function requestOf(
  { terminal, flags: given }: Invocation,
  isAutomatic: boolean,
): Promise<ReadonlyMap<string, JsonValue>> {
  const prefix = isAutomatic ? "recovery" : "secret";
  const sharesFlag = isAutomatic ? "recovery-shares" : "key-shares";
  const shares = numberFlag(given, sharesFlag) ?? SHARES;
  const pgpKeys = await readPgpKeys(terminal, textFlag(given, "pgp-keys"));
  const recoveryPgpKeys = await readPgpKeys(terminal, textFlag(given, "recovery-pgp-keys"));
  const [rootPgpKey] = await readPgpKeys(terminal, textFlag(given, "root-token-pgp-key"));
  const wanted: readonly (readonly [string, JsonValue | undefined])[] = [
    [`${prefix}_shares`, shares],
    [`${prefix}_threshold`, Math.min(THRESHOLD_MAX, shares)],
    ["secret_shares", numberFlag(given, "key-shares")],
    ["secret_threshold", numberFlag(given, "key-threshold")],
    ["recovery_shares", numberFlag(given, "recovery-shares")],
    ["recovery_threshold", numberFlag(given, "recovery-threshold")],
    ["pgp_keys", pgpKeys.length === 0 ? undefined : pgpKeys],
    ["recovery_pgp_keys", recoveryPgpKeys.length === 0 ? undefined : recoveryPgpKeys],
    ["root_token_pgp_key", rootPgpKey],
  ];
  return new Map(wanted.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}

function printKeys(
  { terminal }: Invocation,
  { body }: Answer,
  isAutomatic: boolean,
  numbers: ReadonlyMap<string, JsonValue>,
): ExitCode {
  const [name, keys, prefix] = isAutomatic
    ? ["Recovery Key", texts(body, "recovery_keys_base64"), "recovery"]
    : ["Unseal Key", texts(body, "keys_base64"), "secret"];
  for (const [index, key] of keys.entries()) terminal.out(`${name} ${index + 1}: ${key}\n`);
  terminal.out(`\nInitial Root Token: ${text(body, "root_token") ?? ""}\n\n`);
  if (keys.length > 0)
    terminal.out(
      `The server is initialised. Any ${numbers.get(`${prefix}_threshold`)} of these ${keys.length} shares ` +
        `${isAutomatic ? "make the recovery key" : "unseal it"}. They are not shown again: keep them apart and safe.\n`,
    );
  return 0;
}

/** The server's own members, and the names that scripts for this command know. */
function printJsonKeys(
  { terminal }: Invocation,
  { body }: Answer,
  isAutomatic: boolean,
  numbers: ReadonlyMap<string, JsonValue>,
): ExitCode {
  const count = (name: string): JsonValue => numbers.get(name) ?? 0;
  const known: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
    ["unseal_keys_b64", texts(body, "keys_base64")],
    ["unseal_keys_hex", texts(body, "keys")],
    ["unseal_shares", isAutomatic ? 0 : count("secret_shares")],
    ["unseal_threshold", isAutomatic ? 0 : count("secret_threshold")],
    ["recovery_keys_b64", texts(body, "recovery_keys_base64")],
    ["recovery_keys_hex", texts(body, "recovery_keys")],
    ["recovery_keys_shares", isAutomatic ? count("recovery_shares") : 0],
    ["recovery_keys_threshold", isAutomatic ? count("recovery_threshold") : 0],
  ]);
  terminal.out(indentedJson(formatLosslessJson(new Map([...fields(body), ...known]))));
  return 0;
}
