import { ConfigurationError } from "./configuration";

/** What the command line said. */
export type CommandLine =
  | { readonly command: "help" }
  | { readonly command: "version" }
  | { readonly command: "sample" }
  | {
      readonly command: "run";
      readonly config: readonly string[];
      readonly dev: DevFlags | undefined;
      readonly logLevel: string | undefined;
    };

export interface DevFlags {
  readonly rootTokenId: string | undefined;
  readonly listenAddress: string;
  readonly tls: boolean;
  readonly tlsDirectory: string | undefined;
}

interface FlagRow {
  readonly name: string;
  readonly takesValue: boolean;
  readonly help: string;
}

export const flagTable: readonly FlagRow[] = [
  {
    name: "config",
    takesValue: true,
    help: "FILE or directory of *.hcl and *.json files, read in order of their names; may be repeated",
  },
  {
    name: "dev",
    takesValue: false,
    help: "in memory, unsealed, KV version 2 at secret/, root token printed; never for production",
  },
  {
    name: "dev-root-token-id",
    takesValue: true,
    help: "the root token of dev mode (or MERIDIAN_DEV_ROOT_TOKEN_ID, VAULT_DEV_ROOT_TOKEN_ID)",
  },
  { name: "dev-listen-address", takesValue: true, help: "HOST:PORT of dev mode (default 127.0.0.1:8200)" },
  { name: "dev-tls", takesValue: false, help: "dev mode over HTTPS with a certificate made at start" },
  { name: "dev-tls-cert-dir", takesValue: true, help: "directory that dev mode writes its CA and certificate to" },
  { name: "log-level", takesValue: true, help: "trace, debug, info, warn or error; wins over the configuration" },
  { name: "sample", takesValue: false, help: "print a sample configuration and leave" },
  { name: "version", takesValue: false, help: "print the version and leave" },
  { name: "help", takesValue: false, help: "print this and leave" },
];

/** Reads flags in the forms people type: `-flag=value`, `--flag=value`, `-flag value`. @throws ConfigurationError */
export function parseCommandLine(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): CommandLine {
  const given = collect(args[0] === "server" ? args.slice(1) : args);
  if (given.has("help") || given.has("h")) return { command: "help" };
  if (given.has("version")) return { command: "version" };
  if (given.has("sample")) return { command: "sample" };
  const last = (name: string): string | undefined => given.get(name)?.at(-1);
  const isDev = ["dev", "dev-tls", "dev-root-token-id", "dev-listen-address"].some(
    (name) => given.has(name) && last(name) !== "false",
  );
  const config = given.get("config") ?? [];
  if (!isDev && config.length === 0)
    throw new ConfigurationError("name a configuration with -config=FILE, or try -dev; -help shows all flags");
  if (isDev && config.length > 0)
    throw new ConfigurationError("-dev takes no -config: dev mode has a configuration of its own");
  return {
    command: "run",
    config,
    logLevel: last("log-level"),
    dev: isDev
      ? {
          rootTokenId:
            last("dev-root-token-id") ?? environment.MERIDIAN_DEV_ROOT_TOKEN_ID ?? environment.VAULT_DEV_ROOT_TOKEN_ID,
          listenAddress: last("dev-listen-address") ?? environment.VAULT_DEV_LISTEN_ADDRESS ?? "127.0.0.1:8200",
          tls: given.has("dev-tls"),
          tlsDirectory: last("dev-tls-cert-dir"),
        }
      : undefined,
  };
}

function collect(args: readonly string[]): Map<string, string[]> {
  const given = new Map<string, string[]>();
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? "";
    const match = /^--?([a-z][a-z-]*)(?:=(.*))?$/s.exec(word === "version" || word === "help" ? `-${word}` : word);
    const row = flagTable.find(({ name }) => name === match?.[1] || (name === "help" && match?.[1] === "h"));
    if (match === null || row === undefined)
      throw new ConfigurationError(`unknown flag or argument "${word}"; -help shows all flags`);
    const value = match[2] ?? (row.takesValue ? args[++index] : "true");
    if (value === undefined) throw new ConfigurationError(`-${row.name} needs a value`);
    given.set(row.name, [...(given.get(row.name) ?? []), value]);
  }
  return given;
}
