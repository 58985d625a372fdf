/** A timer that can be taken back. */
export interface Timer {
  /** Stops the timer; calling it again, or after it ran, does nothing. */
  cancel(): void;
  /** Lets the process end although the timer is still waiting. */
  unref(): void;
}

/** The only source of time in the server. Injected everywhere, so that a simulator can own time. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. May jump. */
  nowMilliseconds(): number;
  /** Never goes back; only differences mean anything. */
  monotonicMilliseconds(): number;
  setTimer(delayMilliseconds: number, run: () => void): Timer;
  /** Resolves after the delay; rejects with the signal's reason when it aborts first. */
  sleep(delayMilliseconds: number, signal?: AbortSignal): Promise<void>;
}

/**
 * Runs once the input that this turn of the event loop brought has been handled, to gather what belongs together. It tells
 * nothing of time, and is for what waits for real input and output anyway: no simulator owns that.
 */
export function afterTurn(run: () => void): void {
  setImmediate(run);
}

class SystemTimer implements Timer {
  constructor(private readonly handle: NodeJS.Timeout) {}
  cancel(): void {
    clearTimeout(this.handle);
  }
  unref(): void {
    this.handle.unref();
  }
}

/** The machine's own clocks. */
export const systemClock: Clock = {
  nowMilliseconds: () => Date.now(),
  monotonicMilliseconds: () => performance.now(),
  setTimer: (delayMilliseconds, run) => new SystemTimer(setTimeout(run, delayMilliseconds)),
  sleep: (delayMilliseconds, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = (): void => {
        clearTimeout(handle);
        reject(signal?.reason);
      };
      const handle = setTimeout(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      }, delayMilliseconds);
      signal?.addEventListener("abort", abort, { once: true });
    }),
};
