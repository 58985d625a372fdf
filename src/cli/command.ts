import type { ClusterClient } from "../client/cluster-client";

/** What a command line run has to do with the outside; tests give their own. */
export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  out(text: string): void;
  error(text: string): void;
  /** Everything on standard input. */
  readInput(): Promise<string>;
  /** Asks a person without showing what is typed; what is piped in is read as one line. */
  readSecret(prompt: string): Promise<string>;
  readFile(path: string): Promise<string>;
}

export interface FlagRow {
  readonly name: string;
  readonly kind: "text" | "switch" | "number";
  readonly description: string;
  readonly default?: string | number;
}

export type FlagValues = ReadonlyMap<string, string | number | true>;

export interface Invocation {
  readonly terminal: Terminal;
  readonly flags: FlagValues;
  readonly positional: readonly string[];
  readonly format: "json" | "table";
  /** Made at the first use. `token` null: no token at all. */
  client(): Promise<ClusterClient>;
}

/** 0 done; 1 wrong usage or something on this machine; 2 the server refused, or (`status`) is sealed. */
export type ExitCode = 0 | 1 | 2;

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
