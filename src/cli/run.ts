import { ApiError, ConfigurationError, UnreachableError } from "../client/errors";
import { type Command, type ExitCode, type Invocation, type Terminal, textFlag, UsageError } from "./command";
import { commands } from "./commands";
import { type Connection, connect, variable } from "./connection";
import { COMMON_FLAGS, parseArguments } from "./flags";
import { commandHelp, groupHelp } from "./help";

/** Runs one command line (without `meridian` itself). */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const command = findCommand(args);
  if (command === undefined) return unknown(args, terminal);
  const rest = args.slice(command.words.length);
  const isHelp = rest.some((arg) => /^--?(help|h)$/.test(arg)) && !command.passThrough;
  if (isHelp) {
    terminal.out(commandHelp(command));
    return 0;
  }
  let connection: Promise<Connection> | undefined;
  try {
    const { flags, positional } = command.passThrough
      ? { flags: new Map(), positional: rest }
      : parseArguments(rest, [...(command.flags ?? []), ...COMMON_FLAGS]);
    const format = formatOf(textFlag(flags, "format") ?? variable(terminal.environment, "FORMAT"));
    const client: Invocation["client"] = async () => {
      connection ??= connect(terminal, flags);
      return (await connection).client;
    };
    return await command.run({ terminal, flags, positional, format, client });
  } catch (error) {
    return explain(error, command, terminal);
  } finally {
    await connection?.then(({ close }) => close()).catch(() => undefined);
  }
}

function findCommand(args: readonly string[]): Command | undefined {
  return commands.find(({ words }) => words.every((word, index) => args[index] === word));
}

function unknown(args: readonly string[], terminal: Terminal): ExitCode {
  const [first] = args;
  const isHelp = first === undefined || /^(--?(help|h)|help)$/.test(first);
  const isGroup = commands.some(({ words }) => words.length > 1 && words[0] === first);
  const text = groupHelp(commands, isGroup && first !== undefined ? [first] : []);
  if (isHelp) {
    terminal.out(text);
    return first === undefined ? 1 : 0;
  }
  const asksGroup = isGroup && (args[1] === undefined || /^--?(help|h)$/.test(args[1]));
  if (!asksGroup) terminal.error(`Error: there is no command "${args.slice(0, isGroup ? 2 : 1).join(" ")}".\n\n`);
  terminal.error(text);
  return 1;
}

function formatOf(name: string | undefined): "json" | "table" {
  if (name === undefined || name === "table") return "table";
  if (name === "json") return "json";
  throw new UsageError(`the format "${name}" is not one of table, json`);
}

function explain(error: unknown, command: Command, terminal: Terminal): ExitCode {
  if (error instanceof UsageError) {
    terminal.error(`Error: ${error.message}.\nSee: meridian ${command.words.join(" ")} -help\n`);
    return 1;
  }
  if (error instanceof ApiError) {
    terminal.error(`Error: ${error.method} ${error.address}/v1/${error.path}\nCode: ${error.status}\n`);
    for (const text of error.errors) terminal.error(`  * ${text}\n`);
    return 2;
  }
  if (error instanceof UnreachableError) {
    terminal.error(`Error: no answer from ${error.address} (${error.code}).\n`);
    terminal.error("Is the server running, and is the address right (-address or MERIDIAN_ADDR; https or http)?\n");
    return 2;
  }
  if (error instanceof ConfigurationError) {
    terminal.error(
      `Error: ${error.summary}.\n${error.detail.replace('its "ca_cert_pem"', "-ca-cert (or MERIDIAN_CACERT)")}\n`,
    );
    return 1;
  }
  terminal.error(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
}
