import { printKeys } from "../answer";
import type { Command } from "../command";
import { texts } from "../json-members";
import { missing, onlyPath } from "../paths";

export const list: Command = {
  words: ["list"],
  summary: "List the names below a path.",
  usage: "PATH",
  details: "  $ meridian list auth/userpass/users\n  $ meridian list -format=json secret/metadata",
  async run(invocation) {
    const path = onlyPath(invocation);
    const answer = await (await invocation.api()).call({ method: "LIST", path, accept: [404] });
    return texts(answer.body, "data", "keys").length === 0 ? missing(invocation, path) : printKeys(invocation, answer);
  },
};
