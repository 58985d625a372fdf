import { formatLosslessJson, type JsonValue } from "../protocol/lossless-json";
import { answerField, answerRows } from "./answer-rows";
import type { Answer } from "./api";
import { type ExitCode, type Invocation, type Terminal, textFlag } from "./command";
import { texts } from "./json-members";
import { indentedJson, printable, rawText, table } from "./output";

/** `-field=NAME`, for every command that prints an answer. */
export const FIELD = {
  name: "field",
  kind: "text",
  description: "Print this field of the answer alone, for scripts.",
} as const;

/** Prints an answer in the wished format, or its wished field; `empty` where it has no content. */
export function printAnswer(invocation: Invocation, answer: Answer, empty: string): ExitCode {
  const { terminal, format, flags } = invocation;
  const field = textFlag(flags, "field");
  if (field !== undefined) return printField(invocation, answerField(answer.body, field), field);
  if (format === "json") return printJson(terminal, answer.text);
  warn(terminal, answer);
  const rows = answerRows(answer.body);
  terminal.out(rows.length === 0 ? `${empty}\n` : table(rows));
  return 0;
}

export function printJson(terminal: Terminal, text: string): ExitCode {
  terminal.out(text.trim() === "" ? "{}\n" : indentedJson(text));
  return 0;
}

/** Warnings go to standard error, so that the output stays what scripts expect. JSON output holds them already. */
export function warn(terminal: Terminal, answer: Answer): void {
  for (const warning of texts(answer.body, "warnings")) terminal.error(`Warning: ${printable(warning)}\n`);
}

/** One field alone: as it is, with a line end only where a person reads it; with -format=json as JSON. */
export function printField(invocation: Invocation, value: JsonValue | undefined, name: string): ExitCode {
  const { terminal, format } = invocation;
  if (value === undefined) {
    terminal.error(`Error: the answer has no field "${name}".\n`);
    return 1;
  }
  if (format === "json") terminal.out(indentedJson(formatLosslessJson(value)));
  else terminal.out(terminal.isInteractive ? `${rawText(value)}\n` : rawText(value));
  return 0;
}

/** A list of names; JSON is the bare list, which is what scripts for this kind of command expect. */
export function printKeys({ terminal, format }: Invocation, answer: Answer): ExitCode {
  const keys = texts(answer.body, "data", "keys");
  if (format === "json") terminal.out(indentedJson(formatLosslessJson(keys)));
  else {
    warn(terminal, answer);
    terminal.out(["Keys", "----", ...keys.map(printable)].map((key) => `${key}\n`).join(""));
  }
  return 0;
}

/** What a command says that has nothing to show. */
export function printDone({ terminal, format }: Invocation, answer: Answer, text: string): ExitCode {
  if (format === "json") return printJson(terminal, answer.text);
  warn(terminal, answer);
  terminal.out(`${text}\n`);
  return 0;
}
