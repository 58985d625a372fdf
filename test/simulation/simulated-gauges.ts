import type { MetricDeclaration, Metrics, Reading } from "../../server/sdk/metrics";

type Read = () => number | Iterable<Reading> | undefined;

const nothing = (): void => undefined;

/** The gauges of one process, which can be read; it counts nothing. */
export class SimulatedGauges implements Metrics {
  private readonly gauges = new Map<string, Read>();

  counter() {
    return { add: nothing };
  }

  summary() {
    return { observe: nothing };
  }

  gauge({ name }: MetricDeclaration<"gauge">, read: Read): () => void {
    this.gauges.set(name, read);
    return () => {
      if (this.gauges.get(name) === read) this.gauges.delete(name);
    };
  }

  read({ name }: MetricDeclaration<"gauge">): number | undefined {
    const value = this.gauges.get(name)?.();
    return typeof value === "number" ? value : undefined;
  }
}
