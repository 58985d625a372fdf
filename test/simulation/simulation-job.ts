/** One seed as it goes to a worker process. */
export interface SimulationJob {
  readonly seed: number;
  /** Least virtual time with faults. */
  readonly milliseconds: number;
  /** Name of the planted bug. */
  readonly mutation?: string | undefined;
}

export interface FoundViolation {
  readonly invariant: number;
  readonly text: string;
  readonly atMilliseconds: number;
}

/** What a worker answers. */
export interface SimulationOutcome {
  readonly seed: number;
  readonly topology: string;
  readonly violations: readonly FoundViolation[];
  /** The simulation itself broke down: that is a failure of the seed too. */
  readonly error: string | undefined;
  readonly traceHash: string;
  readonly events: number;
  readonly operations: number;
  readonly faults: number;
  readonly virtualMilliseconds: number;
  readonly cpuMilliseconds: number;
  readonly coverage: readonly (readonly [name: string, times: number])[];
}

export function isFailed({ violations, error }: SimulationOutcome): boolean {
  return violations.length > 0 || error !== undefined;
}

/** @param milliseconds undefined or the default: nothing needs to be said about it */
export function replayCommand(seed: number, milliseconds: number, millisecondsDefault: number): string {
  const chaos = milliseconds === millisecondsDefault ? "" : ` --chaos=${milliseconds}`;
  return `npm run simulate -- --seed=${seed}${chaos}`;
}
