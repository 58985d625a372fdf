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
  entries(): readonly (readonly [string, number])[] {
    return [...this.counts].sort(([left], [right]) => (left < right ? -1 : 1));
  }

  add(other: Coverage): void {
    for (const [name, times] of other.counts) this.count(name, times);
  }
}
