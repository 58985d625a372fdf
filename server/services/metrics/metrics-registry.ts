import type { Clock } from "../../sdk/clock";
import type { Counter, Labels, MetricDeclaration, Metrics, Reading, Summary } from "../../sdk/metrics";
import { PeriodicTask } from "../../sdk/periodic-task";
import { Series } from "./series";

/** As long as the intervals of the telemetry that dashboards know. */
export const INTERVAL_MILLISECONDS = 10_000;
/** A gauge with more rows than this shows the first ones only. */
const READINGS_MAX = 1024;

/** A counter or a summary with all its label sets. */
export interface SeriesFamily {
  readonly declaration: MetricDeclaration<"counter" | "summary">;
  readonly series: ReadonlyMap<string, Series>;
}

export interface GaugeFamily {
  readonly declaration: MetricDeclaration<"gauge">;
  readonly readings: readonly Reading[];
}

type Read = () => number | Iterable<Reading> | undefined;

interface OpenSeriesFamily extends SeriesFamily {
  readonly series: Map<string, Series>;
}

/** All metrics of one process. */
export class MetricsRegistry implements Metrics {
  private readonly families = new Map<string, OpenSeriesFamily>();
  private readonly gauges = new Map<
    string,
    { readonly declaration: MetricDeclaration<"gauge">; readonly reads: Set<Read> }
  >();
  private readonly rotation: PeriodicTask;
  private endedMilliseconds: number | undefined;

  constructor(private readonly clock: Clock) {
    this.rotation = new PeriodicTask(clock, INTERVAL_MILLISECONDS, () => Promise.resolve(this.rotate()));
  }

  /** Begins the intervals. */
  start(): void {
    this.rotation.start();
  }

  stop(): void {
    this.rotation.stop();
  }

  counter(declaration: MetricDeclaration<"counter">, labels: Labels = {}): Counter {
    return this.seriesOf(declaration, labels);
  }

  summary(declaration: MetricDeclaration<"summary">, labels: Labels = {}): Summary {
    return this.seriesOf(declaration, labels);
  }

  gauge(declaration: MetricDeclaration<"gauge">, read: Read): () => void {
    const found = this.gauges.get(declaration.name) ?? { declaration, reads: new Set() };
    if (found.declaration !== declaration) throw new Error(`metric ${declaration.name} is declared twice`);
    this.gauges.set(declaration.name, found);
    found.reads.add(read);
    return () => void found.reads.delete(read);
  }

  /** Counters and summaries, in the order of their names. */
  seriesFamilies(): readonly SeriesFamily[] {
    return [...this.families.values()].sort((a, b) => compareNames(a.declaration, b.declaration));
  }

  /** Reads every gauge. */
  gaugeFamilies(): readonly GaugeFamily[] {
    const families = [...this.gauges.values()].map(({ declaration, reads }) => ({
      declaration,
      readings: [...reads].flatMap((read) => readingsOf(read())).slice(0, READINGS_MAX),
    }));
    return families
      .filter(({ readings }) => readings.length > 0)
      .sort((a, b) => compareNames(a.declaration, b.declaration));
  }

  /** Wall clock at which the last whole interval ended; undefined in the first one. */
  lastIntervalEnd(): number | undefined {
    return this.endedMilliseconds;
  }

  private seriesOf(declaration: MetricDeclaration<"counter" | "summary">, labels: Labels): Series {
    const family = this.families.get(declaration.name) ?? { declaration, series: new Map<string, Series>() };
    if (family.declaration !== declaration) throw new Error(`metric ${declaration.name} is declared twice`);
    checkLabels(declaration, labels);
    this.families.set(declaration.name, family);
    const key = JSON.stringify(Object.keys(declaration.labels ?? {}).map((name) => labels[name]));
    const series = family.series.get(key) ?? new Series(labels, declaration.kind === "summary");
    family.series.set(key, series);
    return series;
  }

  private rotate(): void {
    for (const { series } of this.families.values()) for (const one of series.values()) one.rotate();
    this.endedMilliseconds = this.clock.nowMilliseconds();
  }
}

/** Labels come from sets that are known: what a client sends can never make a new series. */
function checkLabels(declaration: MetricDeclaration, labels: Labels): void {
  const declared = declaration.labels ?? {};
  const names = Object.keys(labels);
  const known = names.every((name) => {
    const values = Object.hasOwn(declared, name) ? declared[name] : undefined;
    return values !== undefined && values !== "secondaries" && values.includes(labels[name] ?? "");
  });
  if (!known || names.length !== Object.keys(declared).length) {
    throw new Error(`metric ${declaration.name} has no labels ${JSON.stringify(labels)}`);
  }
}

function readingsOf(read: number | Iterable<Reading> | undefined): readonly Reading[] {
  if (read === undefined) return [];
  return typeof read === "number" ? [{ value: read }] : [...read];
}

function compareNames(a: MetricDeclaration, b: MetricDeclaration): number {
  return a.name < b.name ? -1 : 1;
}
