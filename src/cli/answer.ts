import type { ApiAnswer } from "../client/cluster-client";
import { type JsonValue, parseLosslessJson } from "../protocol/lossless-json";
import type { ExitCode, Invocation } from "./command";
import { answerRows, cell, indentedJson, member, table, warningsOf } from "./output";

/** Prints an answer in the wished format; `empty` where it has no content. */
export function printAnswer({ terminal, format }: Invocation, answer: ApiAnswer, empty: string): ExitCode {
  if (answer.text.trim() === "") {
    terminal.out(format === "json" ? "{}\n" : `${empty}\n`);
    return 0;
  }
  if (format === "json") {
    terminal.out(indentedJson(answer.text));
    return 0;
  }
  const body = parseLosslessJson(answer.text);
  for (const warning of warningsOf(body)) terminal.error(`Warning: ${warning}\n`);
  const rows = answerRows(body);
  terminal.out(rows.length === 0 ? `${empty}\n` : table(rows));
  return 0;
}

/** One field alone, as it is, for scripts. */
export function printField({ terminal }: Invocation, fields: JsonValue | undefined, name: string): ExitCode {
  const value = member(fields, name);
  if (value === undefined) {
    terminal.error(`Error: the answer has no field "${name}".\n`);
    return 1;
  }
  terminal.out(`${cell(value)}\n`);
  return 0;
}

export function printKeys({ terminal, format }: Invocation, keys: readonly string[]): ExitCode {
  if (format === "json") terminal.out(`${JSON.stringify(keys, null, 2)}\n`);
  else terminal.out(["Keys", "----", ...keys].map((key) => `${key}\n`).join(""));
  return 0;
}
