import type { Clock } from "./clock";

/** Tries that may fail before a name is locked, how long it is, and after which quiet time the count starts anew. */
const TRIES_MAX = 5;
const LOCKED_MILLISECONDS = 15 * 60 * 1000;
const RESET_AFTER_MILLISECONDS = 15 * 60 * 1000;
/** Names remembered; of more, the one that failed longest ago is forgotten. */
const NAMES_MAX = 10_000;

interface Failures {
  count: number;
  lastMilliseconds: number;
}

/**
 * Slows guessing down: after five failures in a row a name is locked for 15 minutes, known or not. Counted in this process, by
 * the name's one canonical form, within bounded memory.
 */
export class Lockout {
  private readonly names = new Map<string, Failures>();

  constructor(private readonly clock: Clock) {}

  isLocked(name: string): boolean {
    const failures = this.current(name);
    return failures !== undefined && failures.count >= TRIES_MAX;
  }

  failed(name: string): void {
    const count = (this.current(name)?.count ?? 0) + 1;
    this.names.delete(name);
    this.names.set(name, { count, lastMilliseconds: this.clock.monotonicMilliseconds() });
    if (this.names.size <= NAMES_MAX) return;
    for (const oldest of this.names.keys()) {
      this.names.delete(oldest);
      return;
    }
  }

  succeeded(name: string): void {
    this.names.delete(name);
  }

  private current(name: string): Failures | undefined {
    const failures = this.names.get(name);
    if (failures === undefined) return undefined;
    const quiet = this.clock.monotonicMilliseconds() - failures.lastMilliseconds;
    const forgetAfter = failures.count >= TRIES_MAX ? LOCKED_MILLISECONDS : RESET_AFTER_MILLISECONDS;
    if (quiet < forgetAfter) return failures;
    this.names.delete(name);
    return undefined;
  }
}
