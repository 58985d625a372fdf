import type { MetricDeclaration } from "../../sdk/metrics";
import type { ResponseData } from "../../sdk/outcome";
import type { Interval } from "./interval";
import { INTERVAL_MILLISECONDS, type MetricsRegistry } from "./metrics-registry";
import type { Series } from "./series";

/**
 * The last whole interval of ten seconds in the JSON shape of sys/metrics: Timestamp (when it began), Gauges, Points (none
 * here), Counters and Samples. In the first interval, what there is of it.
 */
export function intervalReport(registry: MetricsRegistry, nowMilliseconds: number): ResponseData {
  const end = registry.lastIntervalEnd();
  const began = end === undefined ? nowMilliseconds : end - INTERVAL_MILLISECONDS;
  const pick = (series: Series): Interval => (end === undefined ? series.current : series.last);
  const families = registry.seriesFamilies();
  const rows = (kind: "counter" | "summary"): readonly ResponseData[] =>
    families
      .filter(({ declaration }) => declaration.kind === kind)
      .flatMap(({ declaration, series }) =>
        [...series.values()].filter((one) => pick(one).count > 0).map((one) => sampledRow(declaration, one, pick(one))),
      );
  return {
    Timestamp: goTime(began),
    Gauges: registry
      .gaugeFamilies()
      .flatMap(({ declaration, readings }) =>
        readings.map(({ labels, value }) => ({ Name: nameOf(declaration), Value: value, Labels: { ...labels } })),
      ),
    Points: [],
    Counters: rows("counter"),
    Samples: rows("summary"),
  };
}

function sampledRow(declaration: MetricDeclaration, series: Series, interval: Interval): ResponseData {
  return {
    Name: nameOf(declaration),
    Count: interval.count,
    Rate: interval.sum / (INTERVAL_MILLISECONDS / 1000),
    Sum: interval.sum,
    Min: interval.min,
    Max: interval.max,
    Mean: interval.mean,
    Stddev: interval.standardDeviation,
    Labels: { ...series.labels },
  };
}

function nameOf(declaration: MetricDeclaration): string {
  return `vault.${declaration.name}`;
}

/** `2026-11-22 05:55:00 +0000 UTC` */
function goTime(milliseconds: number): string {
  return new Date(Math.round(milliseconds / 1000) * 1000)
    .toISOString()
    .replace("T", " ")
    .replace(".000Z", " +0000 UTC");
}
