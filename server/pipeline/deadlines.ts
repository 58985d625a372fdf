import type { Clock, Timer } from "../sdk/clock";

const SWEEP_MILLISECONDS = 1000;

interface Waiting {
  readonly dueMilliseconds: number;
  readonly expire: () => void;
}

/**
 * Gives up on requests that take too long. One timer for all of them, and none for those that are answered at once:
 * requests are kept in the order of their arrival, and so of their deadlines.
 */
export class Deadlines {
  private readonly waiting = new Set<Waiting>();
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly secondsMax: number,
  ) {}

  /** Requests that are being handled now. */
  get count(): number {
    return this.waiting.size;
  }

  /** Settles as `work` does, or with `expired()` when the time is over first. */
  async within<Result>(work: Promise<Result>, expired: () => Result): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const row = {
        dueMilliseconds: this.clock.monotonicMilliseconds() + this.secondsMax * 1000,
        expire: () => resolve(expired()),
      };
      this.waiting.add(row);
      this.timer ??= this.arm();
      work.then(resolve, reject).finally(() => this.waiting.delete(row));
    });
  }

  private arm(): Timer {
    const timer = this.clock.setTimer(SWEEP_MILLISECONDS, () => this.sweep());
    timer.unref();
    return timer;
  }

  private sweep(): void {
    const now = this.clock.monotonicMilliseconds();
    for (const row of this.waiting) {
      if (row.dueMilliseconds > now) break;
      this.waiting.delete(row);
      row.expire();
    }
    this.timer = this.waiting.size === 0 ? undefined : this.arm();
  }
}
