import type { LabelValues, MetricDeclaration } from "../sdk/metrics";
import { nameOf } from "../services/metrics/prometheus-text";
import { metricTables } from "./metric-tables";

/** docs/reference/metrics.md. */
export function metricsPage(): string {
  return [
    "# Metrics",
    "",
    "Made from the declarations beside the code by `npm run generate`. `GET /v1/sys/metrics?format=prometheus` answers the",
    "text format of Prometheus (0.0.4); without `format` the last interval of ten seconds as JSON, there with dots in the names",
    "(`vault.replication.wal.last_wal`). It needs a token with `read` on `sys/metrics`, unless the listener has",
    "`telemetry { unauthenticated_metrics_access = true }`. Only then does a sealed node answer; a DR secondary takes a token of its primary.",
    "",
    "A **summary** has the quantiles 0.5, 0.9 and 0.99 of the last 10 to 20 seconds (within 5 %; `NaN` without values), and",
    "`_sum` and `_count` since the process started. Counters begin at 0 with the process. A gauge that has nothing to tell is",
    "absent. Labels have the values given here and no others; `secondary` is the id of a secondary that was not revoked. The names are",
    "those of existing dashboards where they mean the same; what is not measured here is not there. So there is no",
    "`logshipper.buffer.max_length` (the log is bounded in bytes and age, not in entries) and no `merkle.flushDirty` or",
    "`merkle.saveCheckpoint` (the index is changed by the commit of the data and never flushed by itself).",
    "",
    ...metricTables.flatMap(([heading, rows]) => [
      `## ${heading}`,
      "",
      "| name | kind | unit | node | meaning |",
      "|---|---|---|---|---|",
      ...rows.map(line),
      "",
    ]),
  ].join("\n");
}

function line(row: MetricDeclaration): string {
  return `| \`${nameOf(row)}\`${labelsOf(row)} | ${row.kind} | ${row.unit} | ${row.where} | ${row.meaning} |`;
}

function labelsOf({ labels = {} }: MetricDeclaration): string {
  const names = Object.entries(labels).map(([name, values]) => `\`${name}\`${valuesOf(values)}`);
  return names.length === 0 ? "" : `<br>${names.join("<br>")}`;
}

function valuesOf(values: LabelValues): string {
  return values === "secondaries" ? "" : ` (${values.join(", ")})`;
}
