import type { JsonValue } from "../../protocol/lossless-json";
import { printJson } from "../answer";
import type { Command } from "../command";
import { fields, items, member } from "../json-members";
import { cell, type Row, section, table } from "../output";

export const replicationStatus: Command = {
  words: ["replication", "status"],
  summary: "Show the role and state in performance and DR replication, the other clusters, and how far behind.",
  usage: "",
  details: [
    "  state     primary: running, unconfirmed, fenced; secondary: stream-wals (up to date or close), merkle-diff, merkle-sync, idle",
    "  last_wal, last_remote_wal    position in the log, and how far the primary's was received",
    "  lag       age of the newest write of the primary that has arrived",
  ].join("\n"),
  async run({ api, terminal, format }) {
    const answer = await (await api()).call({ method: "GET", path: "sys/replication/status", token: null });
    if (format === "json") return printJson(terminal, answer.text);
    const modes: readonly Row[] = [
      ["performance", "Performance replication"],
      ["dr", "Disaster recovery replication"],
    ];
    const parts = modes.map(([name = "", title = ""]) => modeText(title, member(answer.body, "data", name)));
    terminal.out(parts.join("\n"));
    return 0;
  },
};

/** What people look for first; what else the server tells follows. */
const FIRST: readonly string[] = [
  "mode",
  "state",
  "connection_state",
  "cluster_id",
  "secondary_id",
  "primary_cluster_addr",
  "known_primary_cluster_addrs",
  "known_secondaries",
  "last_wal",
  "last_performance_wal",
  "last_dr_wal",
  "last_remote_wal",
];

const PEERS: readonly string[] = ["secondaries", "primaries"];
const NEVER: ReadonlyMap<string, string> = new Map([
  ["-62135596800", "never"],
  ["0", "never"],
]);

function modeText(title: string, mode: JsonValue | undefined): string {
  const told = fields(mode);
  const names = [
    ...FIRST.filter((name) => told.has(name)),
    ...[...told.keys()].filter((name) => !FIRST.includes(name)),
  ];
  const rows = names
    .filter((name) => !PEERS.includes(name))
    .map((name): Row => [name === "mode" ? "role" : name, value(name, told.get(name))]);
  const peers = PEERS.flatMap((name) => peersText(name, items(mode, name)));
  return [section(title, table(rows)), ...peers].join("\n");
}

function value(name: string, found: JsonValue | undefined): string {
  const text = cell(found);
  const known = name.endsWith("_epoch") ? NEVER.get(text) : undefined;
  return known ?? (text === "" ? "n/a" : text);
}

/** One line for each cluster on the other side. */
function peersText(name: string, peers: readonly JsonValue[]): readonly string[] {
  if (peers.length === 0) return [];
  const isPrimary = name === "secondaries";
  const heading = [
    isPrimary ? "Secondary" : "Primary",
    "Connection",
    "Lag",
    "Last heartbeat",
    "Round trip",
    "Clock skew",
    "Cluster address",
  ];
  const rows = peers.map((peer): Row => {
    const told = (field: string) => value(field, member(peer, field));
    const milliseconds = (field: string) => (member(peer, field) === undefined ? "n/a" : `${told(field)} ms`);
    return [
      isPrimary ? told("node_id") : told("api_address"),
      told("connection_status"),
      milliseconds("replication_primary_canary_age_ms"),
      told("last_heartbeat"),
      milliseconds("last_heartbeat_duration_ms"),
      milliseconds("clock_skew_ms"),
      told("cluster_address"),
    ];
  });
  return [table(rows, heading)];
}
