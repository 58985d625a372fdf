import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { writeFileAtomically } from "../operator/atomic-write";
import { errorCode } from "../operator/error-code";
import { Api } from "./api";
import { type FlagValues, type Terminal, textFlag, UsageError } from "./command";
import { LocalError } from "./failures";

const DEFAULT_ADDRESS = "https://127.0.0.1:8200";
const TOKEN_BYTES_MAX = 64 * 1024;
const PRINTABLE = /^[\x21-\x7e]+$/;

/** The first that is set: `MERIDIAN_<name>`, then `VAULT_<name>`. */
export function variable(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  return environment[`MERIDIAN_${name}`] || environment[`VAULT_${name}`] || undefined;
}

/** A request without a token goes out without one; the server says which need it. */
export async function connect(terminal: Terminal, flags: FlagValues): Promise<Api> {
  const { environment } = terminal;
  const caFile = textFlag(flags, "ca-cert") ?? variable(environment, "CACERT");
  const endpoint = {
    address: checkedAddress(textFlag(flags, "address") ?? variable(environment, "ADDR") ?? DEFAULT_ADDRESS),
    caCertPem: caFile === undefined ? undefined : await certificate(terminal, caFile),
    skipsVerification: flags.has("tls-skip-verify") || isTrue(variable(environment, "SKIP_VERIFY")),
  };
  const token = textFlag(flags, "token") ?? variable(environment, "TOKEN") ?? (await keptToken(environment));
  const namespace = textFlag(flags, "namespace") ?? variable(environment, "NAMESPACE");
  return new Api(endpoint, headerValue("token", token), headerValue("namespace", namespace));
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && !["0", "f", "false"].includes(value.toLowerCase());
}

/** What is wrong with it is said without repeating it: addresses may hold passwords. */
function checkedAddress(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isPlain = url !== undefined && ["http:", "https:"].includes(url.protocol) && url.hostname !== "";
  if (!isPlain) throw new UsageError("the address is not of the form https://host:port");
  if (url.username + url.password !== "") throw new UsageError("the address must not hold a name or a password");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "")
    throw new UsageError("the address must end after host and port");
  return url.origin;
}

/** A header cannot hold anything else, and a stray line end is the usual reason. */
function headerValue(what: string, value: string | undefined): string | undefined {
  if (value === undefined || value === "" || PRINTABLE.test(value)) return value === "" ? undefined : value;
  throw new UsageError(`the ${what} holds a space, a line end or another character that none has`);
}

async function certificate(terminal: Terminal, path: string): Promise<string> {
  const pem = (await terminal.readFile(path)).toString("utf8");
  if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
  throw new UsageError(`${path} holds no PEM certificate`);
}

/** Where `login` keeps the token: `~/.meridian-token`. */
export function tokenFile(environment: NodeJS.ProcessEnv): string {
  return join(environment.HOME ?? homedir(), ".meridian-token");
}

async function keptToken(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const path = tokenFile(environment);
  try {
    if ((await stat(path)).size > TOKEN_BYTES_MAX) throw new LocalError(`${path} is too long for a token`);
    return (await readFile(path, "utf8")).trim() || undefined;
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === undefined) throw error;
    throw new LocalError(`${path} cannot be read (${code}); set MERIDIAN_TOKEN or mend the file`);
  }
}

/** Mode 0600, whatever was there before. */
export async function keepToken(environment: NodeJS.ProcessEnv, token: string): Promise<void> {
  const path = tokenFile(environment);
  try {
    await writeFileAtomically(path, `${token}\n`);
  } catch (error) {
    throw new LocalError(
      `the token cannot be kept in ${path} (${errorCode(error) ?? "unknown reason"}); -no-store prints it instead`,
    );
  }
}
