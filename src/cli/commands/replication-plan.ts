import type { JsonValue } from "../../protocol/lossless-json";
import { printJson } from "../answer";
import type { Command } from "../command";
import { fields, items, member } from "../json-members";
import { cell, type Row, section, table } from "../output";

export const replicationPlan: Command = {
  words: ["replication", "plan"],
  summary: "Show what a failover would cost now: what each secondary lacks, and which one to promote.",
  usage: "",
  details: [
    "  On a primary    what every secondary lacks, whether a planned demote would drain at once, and the best target",
    "  On a secondary  how far behind it is as far as it knows, and whether it may be promoted",
    "  Writes behind   what an unplanned promotion would lose; a planned one waits for it",
  ].join("\n"),
  async run({ api, terminal, format }) {
    const server = await api();
    const modes = [
      ["performance", "Performance replication"],
      ["dr", "Disaster recovery replication"],
    ] as const;
    const plans: { readonly title: string; readonly text: string; readonly data: JsonValue | undefined }[] = [];
    for (const [mode, title] of modes) {
      const { text, body } = await server.call({ method: "GET", path: `sys/replication/${mode}/failover/plan` });
      plans.push({ title, text, data: member(body, "data") });
    }
    if (format === "json") {
      return printJson(terminal, `{"performance":${plans[0]?.text ?? "null"},"dr":${plans[1]?.text ?? "null"}}`);
    }
    terminal.out(plans.map(({ title, data }) => planText(title, data)).join("\n"));
    return 0;
  },
};

function planText(title: string, plan: JsonValue | undefined): string {
  const told = fields(plan);
  const rows = [...told]
    .filter(([name]) => name !== "secondaries")
    .map(([name, found]): Row => [name === "mode" ? "role" : name, text(found)]);
  const secondaries = items(plan, "secondaries");
  const parts = [section(title, table(rows))];
  if (secondaries.length > 0) parts.push(table(secondaries.map(secondaryRow), HEADING));
  return parts.join("\n");
}

const HEADING: Row = [
  "Secondary",
  "Connection",
  "Writes behind",
  "Seconds behind",
  "Drains at once",
  "Last heartbeat",
  "",
];

function secondaryRow(secondary: JsonValue): Row {
  const told = (name: string) => text(member(secondary, name));
  const bound = member(secondary, "writes_behind_is_upper_bound") === true ? "at most " : "";
  return [
    told("node_id"),
    told("connection_status"),
    bound + told("writes_behind"),
    told("seconds_behind"),
    told("drains_at_once"),
    told("last_heartbeat"),
    member(secondary, "recommended") === true ? "recommended" : "",
  ];
}

function text(found: JsonValue | undefined): string {
  const shown = cell(found);
  return shown === "" ? "n/a" : shown;
}
