import { redact } from "../client/redact";
import type { Api } from "./api";
import { type Command, type ExitCode, type Format, type Terminal, textFlag, UsageError } from "./command";
import { commands } from "./commands";
import { connect, variable } from "./connection";
import { explain } from "./explain";
import { COMMON_FLAGS, leadingFlags, parseArguments } from "./flags";
import { commandHelp, groupHelp } from "./help";
import { nearest } from "./nearest";

const HELP = /^--?(help|h)$/;
const VERSION = /^--?(version|v)$/;

/** Runs one command line (without `meridian` itself). */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [leading, given] = leadingFlags(args);
  const words = VERSION.test(given[0] ?? "") ? ["version", ...given.slice(1)] : given;
  if (words[0] === "help") return help(words.slice(1), terminal);
  const command = findCommand(words);
  if (command === undefined) return withoutCommand(words, terminal);
  const rest = words.slice(command.words.length);
  if (!command.passThrough && asksForHelp(rest)) return help(command.words, terminal);
  return perform(command, [...leading, ...rest], terminal);
}

async function perform(command: Command, args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let api: Promise<Api> | undefined;
  try {
    const { flags, positional } = command.passThrough
      ? { flags: new Map(), positional: args }
      : parseArguments(args, [...(command.flags ?? []), ...COMMON_FLAGS]);
    const format = formatOf(textFlag(flags, "format") ?? variable(terminal.environment, "FORMAT"));
    const once = () => {
      api ??= connect(terminal, flags);
      return api;
    };
    return await command.run({ terminal, flags, positional, format, api: once });
  } catch (error) {
    return explain(error, command, terminal);
  }
}

function findCommand(words: readonly string[]): Command | undefined {
  return commands.find((command) => command.words.every((word, index) => words[index] === word));
}

/** What stands after `--` is data. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((arg) => HELP.test(arg));
}

function help(words: readonly string[], terminal: Terminal): ExitCode {
  const command = findCommand(words);
  if (command !== undefined) terminal.out(commandHelp(command));
  else if (isGroup(words[0])) terminal.out(groupHelp(commands, words.slice(0, 1)));
  else if (words.length === 0) terminal.out(groupHelp(commands, []));
  else return withoutCommand(words, terminal);
  return 0;
}

function isGroup(word: string | undefined): boolean {
  return commands.some(({ words }) => words.length > 1 && words[0] === word);
}

function withoutCommand(words: readonly string[], terminal: Terminal): ExitCode {
  const [first, second] = words;
  if (first !== undefined && HELP.test(first)) return help([], terminal);
  const group = isGroup(first) && first !== undefined ? [first] : [];
  if (group.length > 0 && second !== undefined && HELP.test(second)) return help(group, terminal);
  if (words.length === group.length) {
    terminal.error(groupHelp(commands, group));
    return 1;
  }
  // A mistyped flag may carry a token.
  const given = redact(
    words
      .slice(0, group.length + 1)
      .join(" ")
      .replace(/=.*$/s, ""),
  );
  const meant = nearest(given, [...commands.map((command) => command.words.join(" ")), ...groups()]);
  terminal.error(`Error: there is no command "${given}".${meant === undefined ? "" : ` Did you mean "${meant}"?`}\n`);
  terminal.error(meant === undefined ? `\n${groupHelp(commands, group)}` : "See: meridian -help\n");
  return 1;
}

function groups(): readonly string[] {
  return [...new Set(commands.flatMap(({ words }) => (words.length > 1 ? words.slice(0, 1) : [])))];
}

function formatOf(name: string | undefined): Format {
  if (name === undefined || name === "table") return "table";
  if (name === "json") return "json";
  throw new UsageError("-format is one of table, json");
}
