import type { ClusterClient } from "../../client/cluster-client";
import { integerAt, textAt, textsAt } from "../../client/json";
import { type Credentials, login as logIn } from "../../client/login";
import { type Command, type Invocation, textFlag, UsageError } from "../command";
import { keepToken, tokenFile } from "../connection";
import { readKeyValues } from "../key-values";
import { table } from "../output";

interface Session {
  readonly token: string;
  readonly accessor: string;
  readonly leaseSeconds: number;
  readonly policies: readonly string[];
}

export const login: Command = {
  words: ["login"],
  summary: "Log in and keep the token for the next commands.",
  usage: "[TOKEN | - | key=value ...]",
  details: [
    "  Passwords and tokens that are not given are asked for.",
    "",
    "  $ meridian login -method=userpass username=mary",
    "  $ meridian login -method=approle role_id=... secret_id=@file",
    "  $ meridian login -            (a token from standard input)",
  ].join("\n"),
  flags: [
    { name: "method", kind: "text", description: "`token`, `userpass` or `approle`.", default: "token" },
    { name: "path", kind: "text", description: "Where the method is mounted; its name if absent." },
    { name: "no-store", kind: "switch", description: "Do not keep the token." },
    { name: "token-only", kind: "switch", description: "Print the token and nothing else; implies -no-store." },
  ],
  async run(invocation) {
    const { terminal, flags, format } = invocation;
    const session = await open(invocation);
    if (flags.has("token-only")) {
      terminal.out(`${session.token}\n`);
      return 0;
    }
    const isKept = !flags.has("no-store");
    if (isKept) await keepToken(terminal.environment, session.token);
    if (format === "json") {
      terminal.out(
        `${JSON.stringify({ accessor: session.accessor, lease_duration: session.leaseSeconds, policies: session.policies }, null, 2)}\n`,
      );
      return 0;
    }
    if (isKept)
      terminal.out(`Success! You are logged in; the token is kept in ${tokenFile(terminal.environment)}.\n\n`);
    terminal.out(
      table([
        ...(isKept ? [] : [["token", session.token] as const]),
        ["token_accessor", session.accessor],
        ["token_duration", session.leaseSeconds === 0 ? "∞" : `${session.leaseSeconds}s`],
        ["token_policies", `[${session.policies.join(" ")}]`],
      ]),
    );
    return 0;
  },
};

async function open(invocation: Invocation): Promise<Session> {
  const method = textFlag(invocation.flags, "method") ?? "token";
  const client = await invocation.client();
  if (method === "token") return byToken(invocation, client);
  return logIn(client, await credentials(invocation, method));
}

async function byToken({ terminal, positional }: Invocation, client: ClusterClient): Promise<Session> {
  const [given, ...more] = positional;
  if (more.length > 0) throw new UsageError("give one token, or -method for another way to log in");
  const typed = given === "-" ? await terminal.readInput() : given;
  const token = (typed ?? (await terminal.readSecret("Token (will be hidden): "))).trim();
  const answer = await client.get("auth/token/lookup-self", { token });
  return {
    token,
    accessor: textAt(answer?.body, "data", "accessor") ?? "",
    leaseSeconds: integerAt(answer?.body, "data", "ttl") ?? 0,
    policies: textsAt(answer?.body, "data", "policies"),
  };
}

async function credentials({ terminal, positional, flags }: Invocation, method: string): Promise<Credentials> {
  const values = await readKeyValues(terminal, positional);
  const mount = (textFlag(flags, "path") ?? method).replace(/\/+$/, "");
  const value = (name: string) => {
    const found = values.get(name);
    return typeof found === "string" ? found.replace(/\r?\n$/, "") : undefined;
  };
  const ask = async (name: string) => value(name) ?? terminal.readSecret(`${name} (will be hidden): `);
  if (method === "userpass") {
    const username = value("username");
    if (username === undefined) throw new UsageError("give username=...");
    return { method, mount, username, password: await ask("password") };
  }
  if (method !== "approle") throw new UsageError(`the method "${method}" is not one of token, userpass, approle`);
  const roleId = value("role_id");
  if (roleId === undefined) throw new UsageError("give role_id=...");
  return { method, mount, roleId, secretId: await ask("secret_id") };
}
