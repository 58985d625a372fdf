import { booleanAt } from "../../client/json";
import { parseLosslessJson } from "../../protocol/lossless-json";
import type { Command } from "../command";
import { indentedJson, rowsOf, table } from "../output";

export const status: Command = {
  words: ["status"],
  summary: "Show whether the server is initialised and unsealed. Exit code 2 while it is sealed.",
  usage: "",
  async run({ client, terminal, format }) {
    const answer = await (await client()).get("sys/seal-status", { token: null });
    const text = answer?.text ?? "{}";
    terminal.out(format === "json" ? indentedJson(text) : table(rowsOf(parseLosslessJson(text))));
    return booleanAt(answer?.body, "sealed") === false ? 0 : 2;
  },
};
