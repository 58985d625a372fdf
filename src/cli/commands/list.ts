import { printKeys } from "../answer";
import type { Command } from "../command";
import { missing, onlyPath } from "../paths";

export const list: Command = {
  words: ["list"],
  summary: "List the names below a path.",
  usage: "PATH",
  async run(invocation) {
    const path = onlyPath(invocation);
    const keys = await (await invocation.client()).list(path);
    return keys.length === 0 ? missing(invocation, path) : printKeys(invocation, keys);
  },
};
