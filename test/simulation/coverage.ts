import { REQUIRED } from "./required-coverage";

/** How often what was reached: kinds of faults, states, role changes, ways to catch up. */
export class Coverage {
  private readonly counts = new Map<string, number>();

  count(name: string, times = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + times);
  }

  of(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  /** Sorted by name. */
  entries(): readonly (readonly [name: string, times: number])[] {
    return [...this.counts].sort(([left], [right]) => (left < right ? -1 : 1));
  }

  addAll(entries: readonly (readonly [name: string, times: number])[]): void {
    for (const [name, times] of entries) this.count(name, times);
  }

  /** What a run must reach and this one did not: a simulation that reaches nothing finds nothing. */
  unreached(): readonly string[] {
    return REQUIRED.filter((name) => this.of(name) === 0);
  }

  table(): string {
    return this.entries()
      .map(([name, times]) => `${String(times).padStart(9)}  ${name}`)
      .join("\n");
  }
}
