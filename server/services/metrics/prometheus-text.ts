import type { Labels, MetricDeclaration } from "../../sdk/metrics";
import type { MetricsRegistry } from "./metrics-registry";
import type { Series } from "./series";

/** Content type of the text format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const PROMETHEUS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

const QUANTILES = [0.5, 0.9, 0.99] as const;
const NO_LABELS: Labels = {};

/**
 * Everything in the Prometheus text format. Written here and not by the field's library, which hashes an object of labels at
 * each observation and reads the machine's clock.
 */
export function prometheusText(registry: MetricsRegistry): string {
  const families = [
    ...registry.gaugeFamilies().map(({ declaration, readings }) => ({
      declaration,
      lines: readings.map(({ labels, value }) => line(nameOf(declaration), labels ?? NO_LABELS, value)),
    })),
    ...registry.seriesFamilies().map(({ declaration, series }) => ({
      declaration,
      lines: [...series.values()].flatMap((one) => seriesLines(declaration, one)),
    })),
  ];
  return families
    .sort((a, b) => (nameOf(a.declaration) < nameOf(b.declaration) ? -1 : 1))
    .map(({ declaration, lines }) => head(declaration) + lines.join(""))
    .join("");
}

/** `replication.wal.last_wal` as Prometheus knows it: `vault_replication_wal_last_wal`. */
export function nameOf({ name }: MetricDeclaration): string {
  return `vault_${name.replace(/[^a-zA-Z0-9_]/g, "_")}`;
}

function head(declaration: MetricDeclaration): string {
  const name = nameOf(declaration);
  const help = `${declaration.meaning} Unit: ${declaration.unit}.`.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return `# HELP ${name} ${help}\n# TYPE ${name} ${declaration.kind}\n`;
}

function seriesLines(declaration: MetricDeclaration, series: Series): readonly string[] {
  const name = nameOf(declaration);
  if (declaration.kind === "counter") return [line(name, series.labels, series.sum)];
  return [
    ...QUANTILES.map((share) => line(name, { ...series.labels, quantile: String(share) }, series.quantile(share))),
    line(`${name}_sum`, series.labels, series.sum),
    line(`${name}_count`, series.labels, series.count),
  ];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${numberText(value)}\n`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return String(value);
}
