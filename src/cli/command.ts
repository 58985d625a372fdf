import type { Api } from "./api";

/** What a command line run has to do with the outside; tests give their own. */
export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  /** Whether a person reads the output; scripts get a lone field without a line end. */
  readonly isInteractive: boolean;
  out(text: string): void;
  error(text: string): void;
  /** Everything on standard input. @throws UsageError when it was read already: it comes once. */
  readInput(): Promise<Buffer>;
  /** Asks a person without showing what is typed; what is piped in is read as one line. */
  readSecret(prompt: string): Promise<string>;
  /** @throws UsageError that names the file. */
  readFile(path: string): Promise<Buffer>;
}

export interface FlagRow {
  readonly name: string;
  /** Another, shorter name. */
  readonly short?: string;
  readonly kind: "text" | "switch" | "number";
  readonly description: string;
}

export type FlagValues = ReadonlyMap<string, string | number | true>;

export type Format = "json" | "table";

export interface Invocation {
  readonly terminal: Terminal;
  readonly flags: FlagValues;
  readonly positional: readonly string[];
  readonly format: Format;
  /** The server's API; made at the first use. @throws UsageError when address, certificate or token cannot be used. */
  api(): Promise<Api>;
}

/**
 * 0 done; 1 wrong usage or something on this machine; 2 the server refused, does not answer or has nothing there. `status` keeps 2 for a
 * sealed server. `server` ends with its server's own.
 */
export type ExitCode = number;

export interface Command {
  /** Words after `meridian`, such as `["kv", "get"]`. */
  readonly words: readonly string[];
  readonly summary: string;
  /** Arguments after the words. */
  readonly usage: string;
  /** Further explanation, with examples. */
  readonly details?: string;
  readonly flags?: readonly FlagRow[];
  /** Every argument is handed on as it is. */
  readonly passThrough?: boolean;
  /** Exit code when the server refuses or does not answer; 2 if absent. */
  readonly failureCode?: ExitCode;
  run(invocation: Invocation): Promise<ExitCode>;
}

/** Wrong usage: printed with a pointer to the help text; exit code 1. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export function textFlag(flags: FlagValues, name: string): string | undefined {
  const value = flags.get(name);
  return value === undefined || value === true ? undefined : String(value);
}

export function numberFlag(flags: FlagValues, name: string): number | undefined {
  const value = flags.get(name);
  return typeof value === "number" ? value : undefined;
}
