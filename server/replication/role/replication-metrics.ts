import { gauge, type MetricDeclaration } from "../../sdk/metrics";
import type { ReplicationRole } from "../../sdk/replication";
import type { FollowerState } from "./follower-machine";

const MODE = { mode: ["performance", "dr"] } as const;
const SECONDARY = { ...MODE, secondary: "secondaries" } as const;

export const ROLES: readonly ReplicationRole[] = ["disabled", "primary", "secondary", "bootstrapping"];
export const FOLLOWER_STATES: readonly FollowerState[] = ["idle", "stream-wals", "merkle-diff", "merkle-sync"];

type Row = Omit<MetricDeclaration, "kind">;
const every = (row: Omit<Row, "where">) => gauge({ ...row, where: "every node" });
const onSecondary = (row: Omit<Row, "where" | "labels">) => gauge({ ...row, where: "secondary", labels: MODE });
const perSecondary = (row: Omit<Row, "where" | "labels">) => gauge({ ...row, where: "primary", labels: SECONDARY });

const CANARY =
  "How far behind it is at most, in time: since when it may lack something that the primary has. Grows while the link is lost.";

/** Gauges of this cluster's roles and positions. */
export const replicationMetrics = {
  role: every({
    name: "replication.role",
    unit: "0 or 1",
    meaning: "1 for the role that this cluster has in the mode.",
    labels: { ...MODE, role: ROLES },
  }),
  epoch: every({
    name: "replication.epoch",
    unit: "number",
    meaning: "Number of the set's epoch; it grows at each promotion.",
    labels: MODE,
  }),
  fenced: every({
    name: "replication.fenced",
    unit: "0 or 1",
    meaning: "1: this primary knows that it was replaced and acknowledges no write.",
    labels: MODE,
  }),
  unconfirmed: every({
    name: "replication.unconfirmed",
    unit: "0 or 1",
    meaning:
      "1: this primary acknowledges no write until one of its secondaries confirms that it is still the primary.",
    labels: MODE,
  }),
  divergenceReports: every({
    name: "replication.divergence_reports",
    unit: "reports",
    meaning: "Reports of writes that only this cluster had, kept until an operator has replayed or discarded them.",
    labels: MODE,
  }),
  lastWal: every({ name: "replication.wal.last_wal", unit: "index", meaning: "Last index of this cluster's log." }),
  lastPerformanceWal: every({
    name: "replication.wal.last_performance_wal",
    unit: "index",
    meaning: "Last index that carries something for performance secondaries.",
  }),
  lastDrWal: every({
    name: "replication.wal.last_dr_wal",
    unit: "index",
    meaning: "Last index that carries something for DR secondaries.",
  }),
  commitIndex: every({
    name: "replication.merkle.commit_index",
    unit: "index",
    meaning: "Last index that the comparison index holds: always that of the log, since one commit changes both.",
  }),
  flushQueue: every({
    name: "wal.flushready.queue_len",
    unit: "writes",
    meaning: "Writes that wait for the commit under way to end; they share the next one.",
  }),
  gcTotal: every({
    name: "wal.gc.total",
    unit: "entries",
    meaning: "Entries of the log that are stored, as logshipper.buffer.length.",
  }),
  gcDeleted: every({
    name: "wal.gc.deleted",
    unit: "entries",
    meaning:
      "Entries of this cluster's log that are stored no more: dropped by retention, or with the data that a snapshot replaced.",
  }),
  bufferLength: every({
    name: "logshipper.buffer.length",
    unit: "entries",
    meaning: "Entries of the log that are stored; who is further behind than these reconciles.",
  }),
  bufferSize: every({ name: "logshipper.buffer.size", unit: "bytes", meaning: "Size of these entries." }),
  bufferMaxSize: every({
    name: "logshipper.buffer.max_size",
    unit: "bytes",
    meaning: "Size beyond which the oldest are dropped (replication.log_retention_size).",
  }),
  state: gauge({
    name: "replication.state",
    unit: "0 or 1",
    meaning: "1 for what this secondary does now.",
    where: "secondary",
    labels: { ...MODE, state: FOLLOWER_STATES },
  }),
  connected: onSecondary({
    name: "replication.connected",
    unit: "0 or 1",
    meaning: "1: the connection to the primary stands and the primary has accepted it.",
  }),
  lastRemoteWal: onSecondary({
    name: "replication.fsm.last_remote_wal",
    unit: "index",
    meaning: "Last index of the primary's log that is applied here.",
  }),
  lastUpstreamRemoteWal: onSecondary({
    name: "replication.fsm.last_upstream_remote_wal",
    unit: "index",
    meaning: "Last index of the primary's log at its last heartbeat.",
  }),
  entriesBehind: onSecondary({
    name: "replication.entries_behind",
    unit: "entries",
    meaning: "The difference of these two.",
  }),
  canaryAge: onSecondary({ name: "replication.primary_canary_age_ms", unit: "milliseconds", meaning: CANARY }),
  heartbeatDuration: onSecondary({
    name: "replication.last_heartbeat_duration_ms",
    unit: "milliseconds",
    meaning: "Round trip of the last heartbeat, with the time it waited here behind entries.",
  }),
  clockSkew: onSecondary({
    name: "replication.clock_skew_ms",
    unit: "milliseconds",
    meaning: "The primary's clock minus this node's.",
  }),
  syncTotalKeys: onSecondary({
    name: "replication.sync.total_keys",
    unit: "keys",
    meaning: "Keys that the diff or snapshot under way has to fetch, as far as known. Absent while there is none.",
  }),
  syncProgress: onSecondary({
    name: "replication.sync.progress",
    unit: "keys",
    meaning: "Keys of these that are stored already.",
  }),
  secondaryConnected: perSecondary({
    name: "replication.secondary.connected",
    unit: "0 or 1",
    meaning: "1: the secondary's stream stands. 0 also for one that has not come since this node was unsealed.",
  }),
  secondaryLastRemoteWal: perSecondary({
    name: "replication.secondary.last_remote_wal",
    unit: "index",
    meaning: "Last index that the secondary has acknowledged as applied durably.",
  }),
  secondaryEntriesBehind: perSecondary({
    name: "replication.secondary.entries_behind",
    unit: "entries",
    meaning: "Entries of the log after that.",
  }),
  secondaryCanaryAge: perSecondary({
    name: "replication.secondary.canary_age_ms",
    unit: "milliseconds",
    meaning: CANARY,
  }),
  secondaryHeartbeatDuration: perSecondary({
    name: "replication.secondary.last_heartbeat_duration_ms",
    unit: "milliseconds",
    meaning: "Round trip of the last heartbeat, with the time it waited there behind entries.",
  }),
  secondaryClockSkew: perSecondary({
    name: "replication.secondary.clock_skew_ms",
    unit: "milliseconds",
    meaning: "The secondary's clock minus this node's.",
  }),
  secondaryUnacknowledged: perSecondary({
    name: "replication.secondary.unacknowledged_bytes",
    unit: "bytes",
    meaning: "Sent to the secondary and not yet acknowledged; it gets no more while this fills its window.",
  }),
  secondaryCatchUpPosition: perSecondary({
    name: "replication.secondary.catch_up_position",
    unit: "position",
    meaning: "Its place among the secondaries that wait for a diff or a snapshot; 0: it does not wait.",
  }),
  lastHeartbeat: perSecondary({
    name: "replication.rpc.server.last_heartbeat",
    unit: "milliseconds",
    meaning: "Time since the secondary's last heartbeat.",
  }),
} as const;
