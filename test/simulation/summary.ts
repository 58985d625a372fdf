import { Coverage } from "./coverage";
import { isFailed, type SimulationOutcome } from "./simulation-job";

/** What many seeds came to. */
export class Summary {
  readonly coverage = new Coverage();
  readonly failures: SimulationOutcome[] = [];
  seeds = 0;
  private operations = 0;
  private faults = 0;
  private virtualMilliseconds = 0;
  private cpuMilliseconds = 0;

  get failed(): number {
    return this.failures.length;
  }

  add(outcome: SimulationOutcome): void {
    this.seeds += 1;
    this.operations += outcome.operations;
    this.faults += outcome.faults;
    this.virtualMilliseconds += outcome.virtualMilliseconds;
    this.cpuMilliseconds += outcome.cpuMilliseconds;
    this.coverage.addAll(outcome.coverage);
    if (isFailed(outcome)) this.failures.push(outcome);
  }

  progress(): string {
    return `${this.seeds} seeds, ${this.failed} failed, ${this.operations} operations, ${this.faults} faults`;
  }

  table(): string {
    const perSeed = (total: number): string => (this.seeds === 0 ? "-" : (total / this.seeds).toFixed(2));
    const rows = [
      ["seeds", String(this.seeds)],
      ["failed", String(this.failed)],
      ["operations", String(this.operations)],
      ["faults", String(this.faults)],
      ["virtual hours", (this.virtualMilliseconds / 3_600_000).toFixed(2)],
      ["CPU seconds per seed", perSeed(this.cpuMilliseconds / 1000)],
    ];
    const lines = rows.map(([name = "", value = ""]) => `${value.padStart(9)}  ${name}`);
    const failures = this.failures.map(({ seed }) => String(seed));
    const failing = failures.length === 0 ? [] : [`failed seeds: ${failures.join(" ")}`];
    return [this.coverage.table(), "", ...lines, ...failing].join("\n");
  }
}
