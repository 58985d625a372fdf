import { formatLosslessJson, type JsonValue } from "../../protocol/lossless-json";
import { printDone, printJson } from "../answer";
import type { Answer, Api } from "../api";
import { type Command, type ExitCode, type Invocation, textFlag, UsageError } from "../command";
import { fields, member, text } from "../json-members";
import { uncovered } from "../one-time-password";
import { cell, type Row, table } from "../output";
import { readPgpKeys } from "../pgp-key";

const ROOT = "sys/generate-root";
const DR_OPERATION = "sys/replication/dr/secondary/generate-operation-token";
const MODES = ["init", "status", "cancel", "decode"] as const;

export const generateRoot: Command = {
  words: ["operator", "generate-root"],
  summary: "Share holders make a root token, or a DR operation token (-dr-token).",
  usage: "[SHARE | -]",
  details: [
    "  One of them begins and keeps the one-time password; each gives a share; whoever has the password decodes the result:",
    "",
    "  $ meridian operator generate-root -init",
    "  $ meridian operator generate-root -nonce=NONCE           (each share holder)",
    "  $ meridian operator generate-root -decode=ENCODED_TOKEN -otp=OTP",
    "",
    "  On a performance secondary the token is good on that cluster alone; the shares are those of the primary.",
    "  On a DR secondary there is -dr-token only. Without a share it is asked for (or read from a pipe).",
  ].join("\n"),
  flags: [
    { name: "init", kind: "switch", description: "Begin. Prints the nonce, and the one-time password this once." },
    { name: "status", kind: "switch", description: "Show how far it is." },
    { name: "cancel", kind: "switch", description: "End it; what was given so far is forgotten." },
    { name: "decode", kind: "text", description: "Print the token inside this encoded token, with -otp." },
    { name: "otp", kind: "text", description: "With -init: your own one-time password. With -decode: the password." },
    { name: "pgp-key", kind: "text", description: "With -init: file with the PGP public key to encrypt the token to." },
    { name: "nonce", kind: "text", description: "Nonce of the attempt: asked of the server if absent." },
    { name: "dr-token", kind: "switch", description: "A DR operation token, on a DR secondary." },
  ],
  async run(invocation) {
    const { flags, positional } = invocation;
    const modes = MODES.filter((mode) => flags.has(mode));
    if (modes.length > 1) throw new UsageError(`-${modes.join(" and -")} exclude each other`);
    const [mode] = modes;
    if (positional.length > (mode === undefined ? 1 : 0)) throw new UsageError("give one share at a time");
    const path = flags.has("dr-token") ? DR_OPERATION : ROOT;
    if (mode === "decode") return decode(invocation);
    const api = await invocation.api();
    if (mode === "init") return begin(invocation, api, path);
    if (mode === "status") return print(invocation, await attempt(api, path));
    if (mode === "cancel") return cancel(invocation, api, path);
    return giveShare(invocation, api, path);
  },
};

function attempt(api: Api, path: string): Promise<Answer> {
  return api.call({ method: "GET", path: `${path}/attempt` });
}

async function begin(invocation: Invocation, api: Api, path: string): Promise<ExitCode> {
  const { terminal, flags, format } = invocation;
  const otp = textFlag(flags, "otp");
  const [pgpKey] = await readPgpKeys(terminal, textFlag(flags, "pgp-key"));
  const body = new Map<string, JsonValue>([
    ...(otp === undefined ? [] : [["otp", otp] as const]),
    ...(pgpKey === undefined ? [] : [["pgp_key", pgpKey] as const]),
  ]);
  const answer = await api.call({
    method: "POST",
    path: `${path}/attempt`,
    body: formatLosslessJson(body),
    secrets: otp === undefined ? [] : [otp],
  });
  const code = print(invocation, answer);
  if (format === "table" && text(answer.body, "otp") !== "")
    terminal.out(
      "\nKeep the OTP: only it decodes the token, and it is not shown again. Give the nonce to the share holders.\n",
    );
  return code;
}

async function cancel(invocation: Invocation, api: Api, path: string): Promise<ExitCode> {
  const nonce = textFlag(invocation.flags, "nonce");
  const query = new Map(nonce === undefined ? [] : [["nonce", nonce] as const]);
  const answer = await api.call({ method: "DELETE", path: `${path}/attempt`, query });
  return printDone(invocation, answer, "Success! No attempt is under way any more.");
}

async function giveShare(invocation: Invocation, api: Api, path: string): Promise<ExitCode> {
  const { terminal, flags, positional } = invocation;
  const nonce = textFlag(flags, "nonce") ?? (await nonceOf(invocation, api, path));
  const [given] = positional;
  // To be compared with the nonce that was told by whoever began: others could have begun, too.
  const prompt = `Attempt ${nonce}\nShare of the unseal or recovery key (will be hidden): `;
  const share = (given === undefined || given === "-" ? await terminal.readSecret(prompt) : given).trim();
  if (share === "") throw new UsageError("the share is empty");
  const body = new Map<string, JsonValue>([
    ["key", share],
    ["nonce", nonce],
  ]);
  const request = { method: "POST", path: `${path}/update`, body: formatLosslessJson(body), secrets: [share] } as const;
  return print(invocation, await api.call(request));
}

async function nonceOf({ flags }: Invocation, api: Api, path: string): Promise<string> {
  const { body } = await attempt(api, path);
  const nonce = text(body, "nonce") ?? "";
  if (nonce !== "") return nonce;
  if (member(body, "started") === true)
    throw new UsageError("the server tells no nonce to strangers; give it with -nonce");
  const dr = flags.has("dr-token") ? "-dr-token " : "";
  throw new UsageError(`nobody has begun; begin with "meridian operator generate-root ${dr}-init"`);
}

function decode({ flags, terminal }: Invocation): ExitCode {
  const otp = textFlag(flags, "otp");
  if (otp === undefined) throw new UsageError("-decode needs the one-time password, -otp");
  const token = uncovered(textFlag(flags, "decode") ?? "", otp);
  terminal.out(terminal.isInteractive ? `${token}\n` : token);
  return 0;
}

function print({ terminal, format }: Invocation, answer: Answer): ExitCode {
  if (format === "json") return printJson(terminal, answer.text);
  terminal.out(table(rowsOf(fields(answer.body))));
  return 0;
}

/** Empty ones are left out. */
function rowsOf(found: ReadonlyMap<string, JsonValue>): readonly Row[] {
  const value = (name: string) => cell(found.get(name));
  const rows: readonly Row[] = [
    ["Nonce", value("nonce")],
    ["Started", value("started")],
    ["Progress", `${value("progress")}/${value("required")}`],
    ["Complete", value("complete")],
    ["PGP Fingerprint", value("pgp_fingerprint")],
    ["OTP", value("otp")],
    ["OTP Length", value("otp_length")],
    ["Encoded Token", value("encoded_token")],
  ];
  return rows.filter(([, shown]) => shown !== "");
}
