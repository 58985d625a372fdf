import type { Clock, Timer } from "../clock";

interface Waiting {
  readonly dueMilliseconds: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that moves only when told to. Timers run, in the order they are due, inside `advance`. */
export class ManualClock implements Clock {
  private wallMilliseconds: number;
  private elapsedMilliseconds = 0;
  private timersMade = 0;
  private readonly waiting = new Set<Waiting>();

  /** @param startMilliseconds wall clock at the start; default 2026-01-02T03:04:05.678Z */
  constructor(startMilliseconds = 1_767_323_045_678) {
    this.wallMilliseconds = startMilliseconds;
  }

  nowMilliseconds(): number {
    return this.wallMilliseconds;
  }

  monotonicMilliseconds(): number {
    return this.elapsedMilliseconds;
  }

  setTimer(delayMilliseconds: number, run: () => void): Timer {
    const timer = { dueMilliseconds: this.elapsedMilliseconds + delayMilliseconds, order: this.timersMade++, run };
    this.waiting.add(timer);
    return { cancel: () => void this.waiting.delete(timer), unref: () => undefined };
  }

  sleep(delayMilliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const timer = this.setTimer(delayMilliseconds, resolve);
      signal?.addEventListener("abort", () => {
        timer.cancel();
        reject(signal.reason);
      });
    });
  }

  /** Moves both clocks and runs what has come due. */
  advance(milliseconds: number): void {
    const end = this.elapsedMilliseconds + milliseconds;
    for (let next = this.nextDue(end); next !== undefined; next = this.nextDue(end)) {
      this.waiting.delete(next);
      this.moveTo(next.dueMilliseconds);
      next.run();
    }
    this.moveTo(end);
  }

  /** Makes the wall clock jump, as an operator or NTP may; timers and the monotonic clock do not notice. */
  setWall(milliseconds: number): void {
    this.wallMilliseconds = milliseconds;
  }

  private moveTo(elapsedMilliseconds: number): void {
    const step = Math.max(0, elapsedMilliseconds - this.elapsedMilliseconds);
    this.elapsedMilliseconds += step;
    this.wallMilliseconds += step;
  }

  private nextDue(end: number): Waiting | undefined {
    const due = [...this.waiting].filter((timer) => timer.dueMilliseconds <= end);
    return due.sort((a, b) => a.dueMilliseconds - b.dueMilliseconds || a.order - b.order)[0];
  }
}
