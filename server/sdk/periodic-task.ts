import type { Clock, Timer } from "./clock";

/** Runs work again and again, the pause counted from its end, so that two runs never overlap. The work handles its errors. */
export class PeriodicTask {
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly everyMilliseconds: number,
    private readonly run: () => Promise<void>,
  ) {}

  /** Starting twice does nothing. */
  start(): void {
    if (this.timer === undefined) this.schedule();
  }

  /** A run under way ends by itself; there is no further one. */
  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private schedule(): void {
    const timer = this.clock.setTimer(this.everyMilliseconds, () => {
      void this.run().finally(() => {
        if (this.timer === timer) this.schedule();
      });
    });
    this.timer = timer;
    timer.unref();
  }
}
