/** Milliseconds after a filter was changed until everybody must keep to it: frames under way, streams that look again. */
const SETTLED_MILLISECONDS = 10_000;

interface FilterState {
  readonly denied: boolean;
  /** Infinity: the change is not acknowledged, so either may hold. */
  readonly settledAtMilliseconds: number;
}

/** Which performance secondaries may not get the filtered mount, as operators want it now. */
export class Filters {
  private readonly states = new Map<string, FilterState>();

  constructor(
    denied: readonly string[],
    private readonly nowMilliseconds: () => number,
  ) {
    for (const name of denied) this.states.set(name, { denied: true, settledAtMilliseconds: 0 });
  }

  /** What an operator wants of the secondary. */
  isDenied(name: string): boolean {
    return this.states.get(name)?.denied === true;
  }

  /** Whether it must be so everywhere by now. */
  isSettled(name: string): boolean {
    return (this.states.get(name)?.settledAtMilliseconds ?? 0) <= this.nowMilliseconds();
  }

  /** Whether it was so from the beginning. */
  isUnchanged(name: string): boolean {
    return this.states.get(name)?.settledAtMilliseconds === 0;
  }

  changing(name: string, denied: boolean): void {
    this.states.set(name, { denied, settledAtMilliseconds: Number.POSITIVE_INFINITY });
  }

  changed(name: string): void {
    const settledAtMilliseconds = this.nowMilliseconds() + SETTLED_MILLISECONDS;
    this.states.set(name, { denied: this.isDenied(name), settledAtMilliseconds });
  }

  /** A promotion may have lost what was wanted last: it has to be said again. */
  unsettleAll(): void {
    for (const [name, { denied }] of this.states) this.changing(name, denied);
  }

  /** Those of which anybody ever wanted anything. */
  names(): readonly string[] {
    return [...this.states.keys()];
  }
}
