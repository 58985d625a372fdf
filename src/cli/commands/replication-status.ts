import { parseLosslessJson } from "../../protocol/lossless-json";
import type { Command } from "../command";
import { indentedJson, member, rowsOf, table } from "../output";

export const replicationStatus: Command = {
  words: ["replication", "status"],
  summary: "Show the role and state in performance and DR replication.",
  usage: "",
  async run({ client, terminal, format }) {
    const answer = await (await client()).get("sys/replication/status", { token: null });
    const text = answer?.text ?? "{}";
    if (format === "json") {
      terminal.out(indentedJson(text));
      return 0;
    }
    const data = member(parseLosslessJson(text), "data");
    for (const mode of ["performance", "dr"]) terminal.out(`${table(rowsOf(member(data, mode)), [mode, "Value"])}\n`);
    return 0;
  },
};
