import type { Command, FlagRow } from "./command";
import { COMMON_FLAGS } from "./flags";

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}    ${right}`).join("\n");
}

function flagColumns(rows: readonly FlagRow[]): string {
  return columns(
    rows.map((row) => {
      const names = row.short === undefined ? `-${row.name}` : `-${row.short}, -${row.name}`;
      return [`${names}${row.kind === "switch" ? "" : "=..."}`, row.description];
    }),
  );
}

export function commandHelp(command: Command): string {
  const words = `meridian ${command.words.join(" ")}`;
  const flags = command.flags ?? [];
  return [
    `Usage: ${words} ${command.passThrough ? "" : "[flags] "}${command.usage}`.trimEnd(),
    "",
    `  ${command.summary}`,
    ...(command.details === undefined ? [] : ["", command.details]),
    ...(flags.length === 0 ? [] : ["", "Flags:", "", flagColumns(flags)]),
    ...(command.passThrough ? [] : ["", "Flags of every command:", "", flagColumns(COMMON_FLAGS)]),
    "",
  ].join("\n");
}

/** Help for `meridian` itself, or for a group such as `kv`. */
export function groupHelp(commands: readonly Command[], words: readonly string[]): string {
  const below = commands.filter((command) => words.every((word, index) => command.words[index] === word));
  const name = ["meridian", ...words].join(" ");
  return [
    `Usage: ${name} <command> [flags] [arguments]`,
    "",
    columns(below.map((command) => [command.words.join(" "), command.summary])),
    "",
    `"${name} <command> -help" explains one command. Flags take one dash or two, and stand before or after arguments.`,
    "Exit codes: 0 done; 1 wrong usage or a problem on this machine; 2 the server refused or does not answer.",
    "",
  ].join("\n");
}
