import { printDone } from "../answer";
import { type Command, UsageError } from "../command";
import { readQuery } from "../key-values";
import { apiPath } from "../paths";

export const remove: Command = {
  words: ["delete"],
  summary: "Delete what is at a path.",
  usage: "PATH [parameter=value ...]",
  details: "  $ meridian delete secret/data/app\n  $ meridian delete auth/userpass/users/mary",
  async run(invocation) {
    const [given, ...parameters] = invocation.positional;
    if (given === undefined) throw new UsageError("give a path");
    const path = apiPath(given);
    const query = readQuery(parameters);
    const answer = await (await invocation.api()).call({ method: "DELETE", path, query });
    return printDone(invocation, answer, `Success! Data deleted (if it existed) at: ${path}`);
  },
};
