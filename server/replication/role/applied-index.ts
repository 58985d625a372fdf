import type { Clock } from "../../sdk/clock";
import type { EpochIndex } from "../../sdk/replication";

/** How far the primary's log is applied here, in the primary's numbering, and who waits for more. */
export class AppliedIndex {
  private current: EpochIndex | undefined;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  /** 0: no stream has begun yet. */
  get index(): number {
    return this.current?.index ?? 0;
  }

  /** Undefined: no stream has begun yet. */
  get position(): EpochIndex | undefined {
    return this.current;
  }

  /** A stream begins: the epoch, and with it the numbering, may be another one now. */
  begin(position: EpochIndex): void {
    this.current = position;
    this.look();
  }

  reached(index: number): void {
    if (this.current === undefined) return;
    this.current = { epoch: this.current.epoch, index };
    this.look();
  }

  /** Resolves true once `holds`, which is asked whenever more is applied; false after the time or when the signal aborts. */
  wait(holds: () => boolean, milliseconds: number, signal: AbortSignal): Promise<boolean> {
    if (holds()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (reached: boolean): void => {
        this.waiting.delete(look);
        timer.cancel();
        signal.removeEventListener("abort", abort);
        resolve(reached);
      };
      const look = (): void => {
        if (holds()) settle(true);
      };
      const abort = (): void => settle(false);
      const timer = this.clock.setTimer(milliseconds, abort);
      signal.addEventListener("abort", abort, { once: true });
      this.waiting.add(look);
      if (signal.aborted) abort();
    });
  }

  private look(): void {
    for (const look of [...this.waiting]) look();
  }
}
