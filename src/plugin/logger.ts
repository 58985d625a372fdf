import type { LogFields, Logger } from "../framework/logger";
import type { Redactor } from "./redaction";

const LEVELS = ["trace", "debug", "info", "warn", "error"] as const;

export type Level = (typeof LEVELS)[number];

/** Lines above 64 KiB are split by Terraform and then shown raw. */
const TEXT_CHARACTERS_MAX = 16_000;

/** The lowest level that Terraform would show; undefined when it shows none. The variables are those of Terraform. */
export function levelFromEnvironment(environment: NodeJS.ProcessEnv): Level | undefined {
  const wanted = (environment.TF_LOG_PROVIDER || environment.TF_LOG || "").toLowerCase();
  if (wanted === "" || wanted === "off") return undefined;
  return LEVELS.find((level) => level === wanted) ?? "trace";
}

export interface LoggerOptions {
  readonly level: Level | undefined;
  readonly module: string;
  readonly redactor: Redactor;
  /** Gets whole lines with their line break. */
  readonly write: (line: string) => void;
}

/**
 * Writes hclog's JSON lines, which Terraform parses. Every text is a string, as a number in `@message` makes Terraform
 * panic, and the timestamp has six fractional digits, as any other number of them makes it show the raw line.
 */
export function createLogger({ level, module, redactor, write }: LoggerOptions): Logger {
  const lowest = level === undefined ? LEVELS.length : LEVELS.indexOf(level);
  const at =
    (name: Level) =>
    (message: string, fields: LogFields = {}) => {
      if (LEVELS.indexOf(name) < lowest) return;
      write(`${JSON.stringify(line(name, message, fields))}\n`);
    };
  const line = (name: Level, message: string, fields: LogFields) => {
    const entries = Object.entries(fields)
      .filter(([key]) => !key.startsWith("@"))
      .map(([key, value]) => [key, shorten(redactor.field(key, value))] as const);
    return {
      "@level": name,
      "@message": shorten(redactor.apply(String(message))),
      "@module": module,
      "@timestamp": new Date().toISOString().replace("Z", "000Z"),
      ...Object.fromEntries(entries),
    };
  };
  return { trace: at("trace"), debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function shorten<T>(value: T): T | string {
  const long = typeof value === "string" && value.length > TEXT_CHARACTERS_MAX;
  return long ? `${value.slice(0, TEXT_CHARACTERS_MAX)}...` : value;
}
