import { JsonText } from "../../client/cluster-client";
import { parseLosslessJson } from "../../protocol/lossless-json";
import { printAnswer, printField } from "../answer";
import { type Command, textFlag, UsageError } from "../command";
import { jsonObject, readKeyValues } from "../key-values";
import { member } from "../output";
import { apiPath } from "../paths";

export const write: Command = {
  words: ["write"],
  summary: "Write data to a path, or call it without data (-f).",
  usage: "PATH [key=value | key=@file | key=- | @file.json | -] ...",
  details: [
    "  A value from a file (key=@file) or from standard input (key=-) stays out of the shell's history.",
    "",
    "  $ meridian write auth/userpass/users/mary password=- token_policies=app",
    "  $ meridian write -f sys/replication/performance/primary/enable",
    "  $ meridian write sys/replication/performance/primary/secondary-token id=dc-b",
  ].join("\n"),
  flags: [
    { name: "force", kind: "switch", description: "Call the path although there is no data. Also -f." },
    { name: "field", kind: "text", description: "Print this field of the answer alone." },
  ],
  async run(invocation) {
    const { positional, flags, terminal } = invocation;
    const [path, ...data] = positional;
    if (path === undefined) throw new UsageError("give a path");
    if (data.length === 0 && !flags.has("force"))
      throw new UsageError("give data as key=value, or -f to write without");
    const values = await readKeyValues(terminal, data);
    const answer = await (await invocation.client()).post(apiPath(path), new JsonText(jsonObject(values)));
    const field = textFlag(flags, "field");
    if (field === undefined) return printAnswer(invocation, answer, `Success! Data written to: ${path}`);
    const body = parseLosslessJson(answer.text);
    const place = ["data", "auth", "wrap_info"]
      .map((name) => member(body, name))
      .find((one) => member(one, field) !== undefined);
    return printField(invocation, place, field);
  },
};
