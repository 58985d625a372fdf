import { redact } from "../client/redact";
import { type Command, type ExitCode, type Terminal, UsageError } from "./command";
import { LocalError, RefusalError, refusalAdvice, TransportError, transportAdvice } from "./failures";
import { printable } from "./output";

/** Says what went wrong and what to do, without anything that was secret; answers with the exit code. */
export function explain(error: unknown, command: Command, terminal: Terminal): ExitCode {
  const lines = linesOf(error, command);
  terminal.error(`${lines.map(printable).join("\n")}\n`);
  const isRemote = error instanceof RefusalError || error instanceof TransportError;
  return isRemote ? (command.failureCode ?? 2) : 1;
}

function linesOf(error: unknown, command: Command): readonly string[] {
  if (error instanceof UsageError)
    return [`Error: ${error.message}.`, `See: meridian ${command.words.join(" ")} -help`];
  if (error instanceof TransportError) return [`Error: ${error.message}.`, transportAdvice(error)];
  if (error instanceof LocalError) return [`Error: ${error.message}.`];
  if (error instanceof RefusalError) {
    const advice = refusalAdvice(error);
    return [
      `Error: ${error.method} ${error.url}`,
      `Code: ${error.status}. Errors:`,
      ...(error.errors.length === 0 ? ["  * the server gave no reason"] : error.errors.map((text) => `  * ${text}`)),
      ...(advice === undefined ? [] : [advice]),
    ];
  }
  return [`Error: ${redact(error instanceof Error ? error.message : String(error))}`];
}
