import type { Command } from "../command";
import { onlyPath } from "../paths";

export const remove: Command = {
  words: ["delete"],
  summary: "Delete what is at a path.",
  usage: "PATH",
  async run(invocation) {
    const path = onlyPath(invocation);
    await (await invocation.client()).delete(path);
    invocation.terminal.out(
      invocation.format === "json" ? "{}\n" : `Success! Data deleted (if it existed) at: ${path}\n`,
    );
    return 0;
  },
};
