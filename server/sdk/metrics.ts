export type MetricKind = "counter" | "gauge" | "summary";

/** Values a label may have: a set known beforehand, or `secondaries`, the members of this set, whom the operator named. */
export type LabelValues = readonly string[] | "secondaries";

export type Labels = Readonly<Record<string, string>>;

/**
 * One metric, declared once beside what it measures; docs/metrics.md is made from the declarations. What is declared is
 * really measured: a metric that nobody feeds is left out.
 */
export interface MetricDeclaration<Kind extends MetricKind = MetricKind> {
  /** Dotted, as dashboards know it and without the prefix: `replication.wal.last_wal` is `vault_replication_wal_last_wal`. */
  readonly name: string;
  readonly kind: Kind;
  /** Of the value: `milliseconds`, `bytes`, `entries`, `requests`... Not part of the name, which others gave. */
  readonly unit: string;
  /** One sentence. */
  readonly meaning: string;
  /** Which node has it: `every node`, `primary`, `secondary`... */
  readonly where: string;
  /** By name. `secondaries` only on gauges, whose rows go when the secondary goes. */
  readonly labels?: Readonly<Record<string, LabelValues>>;
}

/** Grows only. */
export interface Counter {
  /** @param count how many more; left out: one */
  add(count?: number): void;
}

/** Durations, in milliseconds, or sizes: count, sum, and quantiles of the last 10 to 20 seconds. */
export interface Summary {
  observe(value: number): void;
}

/** One row of a gauge. */
export interface Reading {
  readonly labels?: Labels;
  readonly value: number;
}

/**
 * Counts what the server does. `counter` and `summary` give the same handle for the same labels each time: ask once, keep it,
 * and use it on the hot path, where it allocates nothing and reads no clock. All values live as long as the process.
 */
export interface Metrics {
  /** @throws Error for a label or value that the declaration does not name */
  counter(declaration: MetricDeclaration<"counter">, labels?: Labels): Counter;
  summary(declaration: MetricDeclaration<"summary">, labels?: Labels): Summary;
  /**
   * @param read asked whenever somebody looks: must be cheap and not throw; undefined where there is nothing to tell now
   * @returns takes the gauge away again; what closes must call it
   */
  gauge(declaration: MetricDeclaration<"gauge">, read: () => number | Iterable<Reading> | undefined): () => void;
}

export function counter(declaration: Omit<MetricDeclaration, "kind">): MetricDeclaration<"counter"> {
  return { ...declaration, kind: "counter" };
}

export function gauge(declaration: Omit<MetricDeclaration, "kind">): MetricDeclaration<"gauge"> {
  return { ...declaration, kind: "gauge" };
}

export function summary(declaration: Omit<MetricDeclaration, "kind">): MetricDeclaration<"summary"> {
  return { ...declaration, kind: "summary" };
}
