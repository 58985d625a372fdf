import type { Clock } from "../../sdk/clock";

/** How far the primary's log is applied here, in the primary's numbering, and who waits for more. */
export class AppliedIndex {
  index = 0;
  private clusterId = "";
  private readonly waiting = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  /** A stream begins: the numbering may be another cluster's now. */
  begin(clusterId: string, index: number): void {
    this.clusterId = clusterId;
    this.reached(index);
  }

  get upstreamClusterId(): string {
    return this.clusterId;
  }

  reached(index: number): void {
    this.index = index;
    for (const look of [...this.waiting]) look();
  }

  /** Resolves true once `index` is applied, false after the time or when the signal aborts. */
  wait(index: number, milliseconds: number, signal: AbortSignal): Promise<boolean> {
    if (this.index >= index) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (reached: boolean): void => {
        this.waiting.delete(look);
        timer.cancel();
        signal.removeEventListener("abort", abort);
        resolve(reached);
      };
      const look = (): void => {
        if (this.index >= index) settle(true);
      };
      const abort = (): void => settle(false);
      const timer = this.clock.setTimer(milliseconds, abort);
      signal.addEventListener("abort", abort, { once: true });
      this.waiting.add(look);
      if (signal.aborted) abort();
    });
  }
}
