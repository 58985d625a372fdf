export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

/**
 * The server's own log (not the audit trail): one JSON object a line on standard error. Values are escaped, so a path or a
 * user name cannot forge a line. Never give it a secret.
 */
export interface Logger {
  log(level: LogLevel, message: string, facts?: Readonly<Record<string, string | number | boolean | undefined>>): void;
  /** A logger whose lines carry `module`. */
  named(module: string): Logger;
}
