import { ServerError } from "../../sdk/errors";

/** Options of a file device, checked. */
export interface FileDeviceOptions {
  readonly filePath: string;
  /** Permission bits of the file. */
  readonly mode: number;
  /** Writes values in clear: only for people who know what they do. */
  readonly logRaw: boolean;
  /** Whether accessors are hashed too. */
  readonly hashesAccessors: boolean;
  /** Text before each line. */
  readonly prefix: string;
}

const KNOWN = ["file_path", "path", "mode", "log_raw", "hmac_accessor", "prefix", "format"];
const PREFIX_LENGTH_MAX = 256;
const PATH_LENGTH_MAX = 4096;

/** @throws invalid_request naming the option and what is allowed */
export function fileDeviceOptions(options: ReadonlyMap<string, string>): FileDeviceOptions {
  for (const name of options.keys()) {
    if (!KNOWN.includes(name)) throw invalid(`an option is not known; known are ${KNOWN.join(", ")}`);
  }
  const format = options.get("format") ?? "json";
  if (format !== "json") throw invalid('format must be "json"');
  return {
    filePath: filePath(options.get("file_path") ?? options.get("path") ?? ""),
    mode: mode(options.get("mode") ?? ""),
    logRaw: flag("log_raw", options.get("log_raw") ?? "false"),
    hashesAccessors: flag("hmac_accessor", options.get("hmac_accessor") ?? "true"),
    prefix: prefix(options.get("prefix") ?? ""),
  };
}

function filePath(text: string): string {
  if (text === "") throw invalid("file_path is required");
  if (text.length > PATH_LENGTH_MAX || text.includes("\0")) throw invalid("file_path is no path");
  return text;
}

/** Never executable: a log that can be run is a way to run code on the server. */
function mode(text: string): number {
  if (text === "" || text === "0" || text === "0000") return 0o600;
  const bits = /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
  if (Number.isNaN(bits)) throw invalid("mode must be three octal digits");
  if ((bits & 0o111) !== 0) throw invalid("mode must not have execute bits");
  return bits;
}

function flag(name: string, text: string): boolean {
  if (["1", "t", "true", "TRUE", "True"].includes(text)) return true;
  if (["", "0", "f", "false", "FALSE", "False"].includes(text)) return false;
  throw invalid(`${name} must be true or false`);
}

function prefix(text: string): string {
  if (text.length > PREFIX_LENGTH_MAX || /[\p{C}]/u.test(text)) {
    throw invalid(`prefix must be printable and have at most ${PREFIX_LENGTH_MAX} characters`);
  }
  return text;
}

function invalid(reason: string): ServerError {
  return new ServerError("invalid_request", reason);
}
