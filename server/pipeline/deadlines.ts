import type { Clock, Timer } from "../sdk/clock";

const SWEEP_MILLISECONDS = 1000;

/** One request under way, and its neighbours in the order of arrival. */
interface Row {
  readonly dueMilliseconds: number;
  readonly expire: () => void;
  before: Row | undefined;
  after: Row | undefined;
}

/**
 * Gives up on requests that take too long. One timer for all of them, and none for those that are answered at once:
 * requests are kept in the order of their arrival, and so of their deadlines.
 *
 * A list of its own making: each table that a Set outgrows points to the next one, so tables that have become old keep
 * the requests of all later ones alive until the next full collection.
 */
export class Deadlines {
  private first: Row | undefined;
  private last: Row | undefined;
  private rows = 0;
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly secondsMax: number,
  ) {}

  /** Requests that are being handled now. */
  get count(): number {
    return this.rows;
  }

  /** Settles as `work` does, or with `expired()` when the time is over first. */
  within<Result>(work: Promise<Result>, expired: () => Result): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const row = this.add(() => resolve(expired()));
      this.timer ??= this.arm();
      work.then(
        (result) => {
          this.remove(row);
          resolve(result);
        },
        (error: unknown) => {
          this.remove(row);
          reject(error);
        },
      );
    });
  }

  private add(expire: () => void): Row {
    const dueMilliseconds = this.clock.monotonicMilliseconds() + this.secondsMax * 1000;
    const row: Row = { dueMilliseconds, expire, before: this.last, after: undefined };
    if (this.last === undefined) this.first = row;
    else this.last.after = row;
    this.last = row;
    this.rows++;
    return row;
  }

  /** Once is enough: a row that is out already is left alone. */
  private remove(row: Row): void {
    const { before, after } = row;
    if (before === undefined && this.first !== row) return;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.last = before;
    else after.before = before;
    row.before = undefined;
    row.after = undefined;
    this.rows--;
  }

  private arm(): Timer {
    const timer = this.clock.setTimer(SWEEP_MILLISECONDS, () => this.sweep());
    timer.unref();
    return timer;
  }

  private sweep(): void {
    const now = this.clock.monotonicMilliseconds();
    for (let row = this.first; row !== undefined && row.dueMilliseconds <= now; row = this.first) {
      this.remove(row);
      row.expire();
    }
    this.timer = this.rows === 0 ? undefined : this.arm();
  }
}
