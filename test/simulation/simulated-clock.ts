import type { Clock, Timer } from "../../server/sdk/clock";
import type { Owner, Scheduler } from "./scheduler";

/** 2026-01-01T00:00:00Z: where every simulation begins. */
const START_MILLISECONDS = 1_767_225_600_000;

/** The clock of one process: its timers die with it; its wall clock may be wrong and may jump. */
export class SimulatedClock implements Clock {
  constructor(
    private readonly scheduler: Scheduler,
    private readonly owner: Owner,
    private readonly skewMilliseconds: () => number,
  ) {}

  nowMilliseconds(): number {
    return Math.floor(START_MILLISECONDS + this.scheduler.nowMilliseconds + this.skewMilliseconds());
  }

  monotonicMilliseconds(): number {
    return this.scheduler.nowMilliseconds;
  }

  setTimer(delayMilliseconds: number, run: () => void): Timer {
    const cancel = this.scheduler.after(delayMilliseconds, this.owner, "timer", run);
    return { cancel, unref: () => undefined };
  }

  sleep(delayMilliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.scheduler.after(delayMilliseconds, this.owner, "sleep", () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      signal?.addEventListener("abort", abort, { once: true });
    });
  }
}
