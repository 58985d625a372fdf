import type { Clock } from "../../sdk/clock";

/** One loop waits, anybody wakes it. A wake-up that comes while nobody waits is kept. */
export class Wakeup {
  private pending = false;
  private wake: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  notify(): void {
    this.pending = true;
    this.wake?.();
  }

  /** Resolves at the next `notify`, at once if one came since the last wait, or after the time. */
  async wait(timeoutMilliseconds: number): Promise<void> {
    if (!this.pending && timeoutMilliseconds > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.clock.setTimer(timeoutMilliseconds, resolve);
        this.wake = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    this.wake = undefined;
    this.pending = false;
  }
}
