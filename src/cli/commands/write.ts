import { FIELD, printAnswer } from "../answer";
import { type Command, UsageError } from "../command";
import { jsonObject, readKeyValues } from "../key-values";
import { apiPath } from "../paths";

export const write: Command = {
  words: ["write"],
  summary: "Write data to a path, or call it without data (-f).",
  usage: "PATH [key=value | key=@file | key=- | @file.json | -] ...",
  details: [
    "  key=@file takes the value from a file, key=- from standard input: both stay out of the shell's history. @file.json and - hold a",
    '  whole JSON object. A value that begins with "@" is written key=\\@value. A key that is given twice becomes a list.',
    "",
    "  $ meridian write auth/userpass/users/mary password=- token_policies=app",
    "  $ meridian write -f sys/replication/performance/primary/enable",
    "  $ meridian write -field=wrapping_token sys/replication/performance/primary/secondary-token id=dc-b",
  ].join("\n"),
  flags: [
    { name: "force", short: "f", kind: "switch", description: "Call the path although there is no data." },
    FIELD,
  ],
  async run(invocation) {
    const { positional, flags, terminal } = invocation;
    const [given, ...data] = positional;
    if (given === undefined) throw new UsageError("give a path");
    const path = apiPath(given);
    if (data.length === 0 && !flags.has("force"))
      throw new UsageError("give data as key=value, or -f to write without");
    const { values, secrets } = await readKeyValues(terminal, data);
    const api = await invocation.api();
    const answer = await api.call({ method: "POST", path, body: jsonObject(values), secrets });
    return printAnswer(invocation, answer, `Success! Data written to: ${path}`);
  },
};
