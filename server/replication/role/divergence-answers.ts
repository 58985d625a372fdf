import type { ResponseData } from "../../sdk/outcome";
import {
  DIVERGENCE_LIMITS,
  type DivergenceReport,
  type DivergenceRow,
  type DivergenceState,
} from "./divergence-records";

/** A report as the API shows it. */
export function reportData(report: DivergenceReport): ResponseData {
  return {
    id: report.id,
    mode: report.mode,
    source: report.source,
    created_time: rfc3339(report.createdAtMilliseconds),
    epoch: { number: report.ours.number, cluster_id: report.ours.clusterId },
    primary_epoch: { number: report.theirs.number, cluster_id: report.theirs.clusterId },
    writes: report.writes,
    paths: report.paths,
    kept_values: report.keptValues,
    kept_bytes: report.keptBytes,
    revocations: report.revocations,
    truncated: report.unlistedPaths > 0 || report.unkeptValues > 0 || report.damaged,
    damaged: report.damaged,
    unlisted_paths: report.unlistedPaths,
    unkept_values: report.unkeptValues,
    limits: {
      paths: DIVERGENCE_LIMITS.paths,
      values: DIVERGENCE_LIMITS.values,
      value_bytes: DIVERGENCE_LIMITS.valueBytes,
    },
  };
}

export function rowData(row: DivergenceRow): ResponseData {
  return {
    path: row.path,
    mount_type: row.mount?.type,
    shared: row.class === "replicated",
    puts: row.puts,
    deletes: row.deletes,
    first_time: timeOf(row.firstMilliseconds),
    last_time: timeOf(row.lastMilliseconds),
    kept: row.states.length > 0,
  };
}

/** A record as it is stored, for what no mount can read. */
export function storedData({ key, value }: DivergenceState): ResponseData {
  return { key, deleted: value === undefined, value: value?.toString("base64") };
}

/** Undefined: only a comparison told of it. */
function timeOf(milliseconds: number): string | undefined {
  return milliseconds === 0 ? undefined : rfc3339(milliseconds);
}

function rfc3339(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
