import type { Random } from "../../sdk/random";

const FIRST_MILLISECONDS = 250;
const LONGEST_MILLISECONDS = 15_000;

/** Pauses between attempts: doubled each time, with full jitter so that many secondaries do not return at one moment. */
export class Backoff {
  private failures = 0;

  constructor(private readonly random: Random) {}

  /** The next pause, milliseconds. */
  next(): number {
    const ceiling = Math.min(LONGEST_MILLISECONDS, FIRST_MILLISECONDS * 2 ** Math.min(this.failures, 10));
    this.failures += 1;
    return Math.floor(ceiling / 2) + this.random.integerBelow(Math.ceil(ceiling / 2));
  }

  reset(): void {
    this.failures = 0;
  }
}
