import type { Clock, Timer } from "../../sdk/clock";

interface Wait {
  readonly index: number;
  readonly sinceMilliseconds: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface DurableWaitsOptions {
  readonly clock: Clock;
  readonly timeoutMilliseconds: number;
  /** The oldest wait took too long. Called before it is rejected; may resolve all of them instead. */
  expired(): void;
  /** What a wait that took too long fails with. */
  failure(): Error;
  /** Milliseconds that a wait took which did not fail. */
  took(milliseconds: number): void;
}

/**
 * Requests that wait until an index is durable elsewhere. They come with growing indexes and with the same patience, so the
 * first in the row is always the first to be served and the first to give up: one step per request that is done, one timer
 * for all.
 */
export class DurableWaits {
  private row: Wait[] = [];
  private first = 0;
  private timer: Timer | undefined;

  constructor(private readonly options: DurableWaitsOptions) {}

  get count(): number {
    return this.row.length - this.first;
  }

  /** Never called with a smaller index than before. */
  wait(index: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const sinceMilliseconds = this.options.clock.monotonicMilliseconds();
      this.row.push({ index, sinceMilliseconds, resolve, reject });
      this.timer ??= this.arm();
    });
  }

  /** Everything up to `index` is durable. */
  reached(index: number): void {
    const now = this.options.clock.monotonicMilliseconds();
    for (let wait = this.row[this.first]; wait !== undefined && wait.index <= index; wait = this.row[this.first]) {
      this.take();
      this.options.took(now - wait.sinceMilliseconds);
      wait.resolve();
    }
  }

  /** Nobody waits any more. */
  releaseAll(): void {
    for (const wait of this.takeAll()) wait.resolve();
  }

  failAll(error: Error): void {
    for (const wait of this.takeAll()) wait.reject(error);
  }

  private takeAll(): readonly Wait[] {
    const rest = this.row.slice(this.first);
    this.row = [];
    this.first = 0;
    this.timer?.cancel();
    this.timer = undefined;
    return rest;
  }

  private take(): void {
    this.first += 1;
    if (this.first < this.row.length) return;
    this.row = [];
    this.first = 0;
  }

  private arm(): Timer | undefined {
    const oldest = this.row[this.first];
    if (oldest === undefined) return undefined;
    const { clock, timeoutMilliseconds } = this.options;
    const due = oldest.sinceMilliseconds + timeoutMilliseconds - clock.monotonicMilliseconds();
    const timer = clock.setTimer(Math.max(1, due), () => this.expire());
    timer.unref();
    return timer;
  }

  private expire(): void {
    this.timer = undefined;
    const { clock, timeoutMilliseconds } = this.options;
    const now = clock.monotonicMilliseconds();
    const isOver = (wait: Wait | undefined): wait is Wait =>
      wait !== undefined && now - wait.sinceMilliseconds >= timeoutMilliseconds;
    if (isOver(this.row[this.first])) this.options.expired();
    for (let wait = this.row[this.first]; isOver(wait); wait = this.row[this.first]) {
      this.take();
      wait.reject(this.options.failure());
    }
    this.compact();
    this.timer ??= this.arm();
  }

  /** A row that never empties must not keep what is done. */
  private compact(): void {
    this.row = this.row.slice(this.first);
    this.first = 0;
  }
}
