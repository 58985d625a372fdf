import type { JsonValue } from "../protocol/lossless-json";
import { cell, type Row } from "./output";

type Label = readonly [label: string, name: string];

const COMMON: readonly Label[] = [
  ["Version", "version"],
  ["Build Date", "build_date"],
  ["Storage Type", "storage_type"],
  ["Cluster Name", "cluster_name"],
  ["Cluster ID", "cluster_id"],
  ["HA Enabled", "ha_enabled"],
  ["Standby", "standby"],
  ["Performance Standby", "performance_standby"],
  ["Replication Performance", "replication_performance_mode"],
  ["Replication DR", "replication_dr_mode"],
  ["Last WAL", "last_wal"],
];

const UNSEALING: readonly Label[] = [["Unseal Nonce", "nonce"]];

/** The state of a server's seal and, where it tells, of the server: labels as people know them. */
export function sealRows(found: ReadonlyMap<string, JsonValue>): readonly Row[] {
  const value = (name: string) => cell(found.get(name));
  const isRecovery = found.get("recovery_seal") === true;
  const sealLabels: readonly Label[] = [
    [isRecovery ? "Recovery Seal Type" : "Seal Type", "type"],
    ["Initialized", "initialized"],
    ["Sealed", "sealed"],
    [isRecovery ? "Total Recovery Shares" : "Total Shares", "n"],
    ["Threshold", "t"],
  ];
  const progress: readonly Row[] =
    found.get("sealed") === true ? [["Unseal Progress", `${value("progress")}/${value("t")}`]] : [];
  const shown = (labels: readonly Label[]) =>
    labels
      .filter(([, name]) => !["", undefined].includes(textOf(found.get(name))))
      .map(([label, name]) => [label, value(name)]);
  const nonce = progress.length > 0 ? shown(UNSEALING) : [];
  return [...shown(sealLabels), ...progress, ...nonce, ...shown(COMMON)];
}

function textOf(value: JsonValue | undefined): string | undefined {
  return value === undefined || value === null ? undefined : cell(value);
}
