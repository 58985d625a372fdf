import { formatLosslessJson, type JsonValue } from "../../protocol/lossless-json";
import { printDone, printJson } from "../answer";
import { type Command, UsageError } from "../command";
import { fields } from "../json-members";
import { table } from "../output";
import { sealRows } from "../seal-rows";
import { generateRoot } from "./operator-generate-root";
import { init } from "./operator-init";

const unseal: Command = {
  words: ["operator", "unseal"],
  summary: "Give one share of the unseal key.",
  usage: "[SHARE | -]",
  details: [
    "  Without a share it is asked for (or read from a pipe), so that it stays out of the shell's history.",
    "",
    "  $ meridian operator unseal",
    "  $ meridian operator unseal - < share.txt",
  ].join("\n"),
  flags: [{ name: "reset", kind: "switch", description: "Forget the shares that were given so far." }],
  async run({ api, terminal, format, flags, positional }) {
    const [given, ...more] = positional;
    if (more.length > 0) throw new UsageError("give one share at a time");
    const isReset = flags.has("reset");
    const share = isReset ? "" : await (given === undefined || given === "-" ? terminal.readSecret(PROMPT) : given);
    if (!isReset && share.trim() === "") throw new UsageError("the share is empty");
    const body = new Map<string, JsonValue>([isReset ? ["reset", true] : ["key", share.trim()]]);
    const answer = await (await api()).call({
      method: "POST",
      path: "sys/unseal",
      body: formatLosslessJson(body),
      token: null,
      secrets: [share.trim()],
    });
    if (format === "json") return printJson(terminal, answer.text);
    terminal.out(table(sealRows(fields(answer.body))));
    return 0;
  },
};

const PROMPT = "Unseal share (will be hidden): ";

const seal: Command = {
  words: ["operator", "seal"],
  summary: "Seal the server: it forgets its keys and serves nothing until it is unsealed.",
  usage: "",
  async run(invocation) {
    const answer = await (await invocation.api()).call({ method: "POST", path: "sys/seal", body: "{}" });
    return printDone(invocation, answer, "Success! The server is sealed.");
  },
};

export const operatorCommands: readonly Command[] = [init, unseal, seal, generateRoot];
