import { printJson } from "../answer";
import type { Command } from "../command";
import { text } from "../json-members";
import { printable } from "../output";
import { missing, onlyPath } from "../paths";

const HELP_QUERY: ReadonlyMap<string, string> = new Map([["help", "1"]]);

export const pathHelp: Command = {
  words: ["path-help"],
  summary: "Show what the server knows about a path: its operations and parameters.",
  usage: "PATH",
  details: "  $ meridian path-help auth/userpass/users/mary\n  $ meridian path-help -format=json sys/mounts",
  async run(invocation) {
    const path = onlyPath(invocation);
    const answer = await (await invocation.api()).call({ method: "GET", path, query: HELP_QUERY });
    if (invocation.format === "json") return printJson(invocation.terminal, answer.text);
    const help = text(answer.body, "help");
    if (help === undefined) return missing(invocation, path);
    invocation.terminal.out(`${printable(help).trimEnd()}\n`);
    return 0;
  },
};
