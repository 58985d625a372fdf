import { FIELD, printAnswer } from "../answer";
import { type Command, UsageError } from "../command";
import { member } from "../json-members";
import { readQuery } from "../key-values";
import { apiPath, missing } from "../paths";

export const read: Command = {
  words: ["read"],
  summary: "Read what is at a path.",
  usage: "PATH [parameter=value ...]",
  details: "  $ meridian read auth/token/lookup-self\n  $ meridian read -field=version sys/seal-status",
  flags: [FIELD],
  async run(invocation) {
    const [given, ...parameters] = invocation.positional;
    if (given === undefined) throw new UsageError("give a path");
    const path = apiPath(given);
    const query = readQuery(parameters);
    const answer = await (await invocation.api()).call({ method: "GET", path, query, accept: [404] });
    // A deleted version answers 404 and still tells when it was deleted.
    const isNothing = answer.status === 404 && !(member(answer.body, "data") instanceof Map);
    return isNothing ? missing(invocation, path) : printAnswer(invocation, answer, "No value found.");
  },
};
