import { readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { ClusterClient } from "../client/cluster-client";
import { makeSender } from "../client/http";
import type { Logger } from "../framework/logger";
import { writeFileAtomically } from "../operator/atomic-write";
import { errorCode } from "../operator/error-code";
import { type FlagValues, type Terminal, textFlag, UsageError } from "./command";

const DEFAULT_ADDRESS = "https://127.0.0.1:8200";
const SILENT: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** The first that is set: `MERIDIAN_<name>`, then `VAULT_<name>`. */
export function variable(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  return environment[`MERIDIAN_${name}`] || environment[`VAULT_${name}`] || undefined;
}

export interface Connection {
  readonly client: ClusterClient;
  close(): void;
}

/** Requests without a token go out without one; the server says which need it. */
export async function connect(terminal: Terminal, flags: FlagValues): Promise<Connection> {
  const address = checkedAddress(
    textFlag(flags, "address") ?? variable(terminal.environment, "ADDR") ?? DEFAULT_ADDRESS,
  );
  const caFile = textFlag(flags, "ca-cert") ?? variable(terminal.environment, "CACERT");
  const caCertPem = caFile === undefined ? undefined : await certificate(terminal, caFile);
  const token =
    textFlag(flags, "token") ?? variable(terminal.environment, "TOKEN") ?? (await keptToken(terminal.environment));
  const endpoint = { cluster: "server", address, caCertPem };
  const { send, close } = makeSender(endpoint);
  const tokens = { token: async () => token ?? null, refused: () => false };
  return { client: new ClusterClient(endpoint, send, tokens, new AbortController().signal, SILENT), close };
}

function checkedAddress(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new UsageError(`the address "${address}" is not of the form https://host:port`);
  }
  return url.origin;
}

async function certificate(terminal: Terminal, path: string): Promise<string> {
  const pem = await terminal.readFile(path);
  if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
  throw new UsageError(`${path} holds no PEM certificate`);
}

/** Where `login` keeps the token: `~/.meridian-token`. */
export function tokenFile(environment: NodeJS.ProcessEnv): string {
  return join(environment.HOME ?? homedir(), ".meridian-token");
}

async function keptToken(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    return (await readFile(tokenFile(environment), "utf8")).trim() || undefined;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Mode 0600. */
export function keepToken(environment: NodeJS.ProcessEnv, token: string): Promise<void> {
  return writeFileAtomically(tokenFile(environment), `${token}\n`);
}

export function forgetToken(environment: NodeJS.ProcessEnv): Promise<void> {
  return rm(tokenFile(environment), { force: true });
}
