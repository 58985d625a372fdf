import { formatLosslessJson, type JsonValue } from "../../protocol/lossless-json";
import { FIELD, printAnswer, printField } from "../answer";
import { answerField, answerRows } from "../answer-rows";
import type { Answer, ApiRequest } from "../api";
import { type Command, type ExitCode, type Invocation, textFlag, UsageError } from "../command";
import { keepToken, tokenFile, variable } from "../connection";
import { LocalError } from "../failures";
import { fields, text } from "../json-members";
import { type KeyValues, readKeyValues } from "../key-values";
import { cell, duration, type Row, table } from "../output";

type Method = (invocation: Invocation) => Promise<ApiRequest>;

/** One row per way to log in. */
const METHODS: ReadonlyMap<string, Method> = new Map([
  ["token", byToken],
  ["userpass", byPassword],
  ["approle", byRole],
]);

export const login: Command = {
  words: ["login"],
  summary: "Log in and keep the token for the next commands.",
  usage: "[TOKEN | - | key=value ...]",
  details: [
    "  Passwords and tokens that are not given are asked for (or read from a pipe).",
    "",
    "  $ meridian login -method=userpass username=mary",
    "  $ meridian login -method=approle role_id=... secret_id=@file",
    "  $ meridian login -            (a token from standard input)",
  ].join("\n"),
  flags: [
    { name: "method", kind: "text", description: "token, userpass or approle (token)." },
    { name: "path", kind: "text", description: "Where the method is mounted (the method's name)." },
    { name: "no-store", kind: "switch", description: "Do not keep the token in ~/.meridian-token; show it." },
    { name: "token-only", kind: "switch", description: "Print the token and nothing else; implies -no-store." },
    FIELD,
  ],
  async run(invocation) {
    const { terminal, flags } = invocation;
    const name = textFlag(flags, "method") ?? "token";
    const method = METHODS.get(name);
    if (method === undefined) throw new UsageError(`-method is one of ${[...METHODS.keys()].join(", ")}`);
    const request = await method(invocation);
    const answer = await (await invocation.api()).call(request);
    const token =
      text(answer.body, "auth", "client_token") ?? (name === "token" ? (request.token ?? undefined) : undefined);
    if (token === undefined)
      throw new LocalError("the login was answered without a token: further steps of a login are not supported");
    if (flags.has("token-only")) return printField(invocation, token, "token");
    if (flags.has("no-store")) return showAll(invocation, answer);
    await keepToken(terminal.environment, token);
    return showKept(invocation, answer);
  },
};

function showAll(invocation: Invocation, answer: Answer): ExitCode {
  return printAnswer(invocation, answer, "The token is valid.");
}

/** The table leaves out the token that was just put away; JSON and -field are for scripts, which ask for it. */
function showKept(invocation: Invocation, answer: Answer): ExitCode {
  const { terminal, format, flags } = invocation;
  const field = textFlag(flags, "field");
  if (field !== undefined) return printField(invocation, answerField(answer.body, field), field);
  if (variable(terminal.environment, "TOKEN") !== undefined)
    terminal.error("Warning: MERIDIAN_TOKEN or VAULT_TOKEN is set and comes before the token that is kept.\n");
  if (format === "json") return showAll(invocation, answer);
  terminal.out(`Success! You are logged in; the token is kept in ${tokenFile(terminal.environment)}.\n\n`);
  const isLookup = fields(answer.body, "auth").size === 0;
  const rows = isLookup ? lookupRows(fields(answer.body, "data")) : answerRows(answer.body);
  terminal.out(table(rows.filter(([name]) => name !== "token")));
  return 0;
}

/** What is known of a token that was brought along, under the names that a login has. */
function lookupRows(data: ReadonlyMap<string, JsonValue>): readonly Row[] {
  const ttl = data.get("ttl");
  return [
    ["token_accessor", cell(data.get("accessor"))],
    ["token_duration", typeof ttl === "number" && ttl > 0 ? duration(ttl) : "∞"],
    ["token_renewable", cell(data.get("renewable"))],
    ["token_policies", cell(data.get("policies") ?? [])],
  ];
}

async function byToken({ terminal, positional, flags }: Invocation): Promise<ApiRequest> {
  const [given, ...more] = positional;
  if (more.length > 0) throw new UsageError("give one token, or -method for another way to log in");
  const named = given === undefined ? textFlag(flags, "token") : given.replace(/^token=/, "");
  const token = (
    await (named === undefined || named === "-" ? terminal.readSecret("Token (will be hidden): ") : named)
  ).trim();
  if (!/^[\x21-\x7e]+$/.test(token)) throw new UsageError("the token is empty or holds characters that no token has");
  return { method: "GET", path: "auth/token/lookup-self", token };
}

async function byPassword(invocation: Invocation): Promise<ApiRequest> {
  const given = await readKeyValues(invocation.terminal, invocation.positional);
  const username = wordOf(given, "username");
  if (username === undefined) throw new UsageError("give username=...");
  const password = wordOf(given, "password") ?? (await invocation.terminal.readSecret("Password (will be hidden): "));
  return loginRequest(`${mountOf(invocation, "userpass")}/login/${username}`, [["password", password]]);
}

async function byRole(invocation: Invocation): Promise<ApiRequest> {
  const given = await readKeyValues(invocation.terminal, invocation.positional);
  const roleId = wordOf(given, "role_id");
  if (roleId === undefined) throw new UsageError("give role_id=... (and secret_id=..., unless the role needs none)");
  const secretId = wordOf(given, "secret_id");
  const body: readonly (readonly [string, string])[] = [
    ["role_id", roleId],
    ...(secretId === undefined ? [] : [["secret_id", secretId] as const]),
  ];
  return loginRequest(`${mountOf(invocation, "approle")}/login`, body);
}

function loginRequest(path: string, body: readonly (readonly [string, string])[]): ApiRequest {
  const text = formatLosslessJson(new Map<string, JsonValue>(body));
  return { method: "POST", path, body: text, token: null, secrets: body.map(([, value]) => value) };
}

/** `auth/` before it is fine too. */
function mountOf({ flags }: Invocation, method: string): string {
  const mount = (textFlag(flags, "path") ?? method).replace(/^\/*(auth\/)?|\/+$/g, "");
  if (mount === "") throw new UsageError("-path is empty");
  return `auth/${mount}`;
}

/** A file or a pipe usually ends with a line end that is no part of the value. */
function wordOf({ values }: KeyValues, name: string): string | undefined {
  const found = values.get(name);
  return typeof found === "string" ? found.replace(/\r?\n$/, "") : undefined;
}
