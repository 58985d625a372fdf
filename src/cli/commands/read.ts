import { parseLosslessJson } from "../../protocol/lossless-json";
import { printAnswer, printField } from "../answer";
import { type Command, textFlag, UsageError } from "../command";
import { member } from "../output";
import { apiPath, missing } from "../paths";

export const read: Command = {
  words: ["read"],
  summary: "Read what is at a path.",
  usage: "PATH",
  details: "  $ meridian read secret/config\n  $ meridian read -field=version sys/seal-status",
  flags: [{ name: "field", kind: "text", description: "Print this field of the answer alone." }],
  async run(invocation) {
    const [path, ...more] = invocation.positional;
    if (path === undefined || more.length > 0) throw new UsageError("give exactly one path");
    const answer = await (await invocation.client()).get(apiPath(path));
    if (answer === undefined) return missing(invocation, path);
    const field = textFlag(invocation.flags, "field");
    if (field === undefined) return printAnswer(invocation, answer, "No value found.");
    const body = parseLosslessJson(answer.text);
    return printField(invocation, member(body, "data") ?? body, field);
  },
};
