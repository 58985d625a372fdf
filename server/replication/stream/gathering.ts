import type { Clock } from "../../sdk/clock";
import type { ReplicationMode } from "../../sdk/log";
import type { StreamLimits } from "./limits";

/** Whether a primary is busy is told from what it sent within so long, and within so long before. */
const WINDOW_MILLISECONDS = 100;

/** Lets the commits of a busy primary share a frame: what a frame costs hardly depends on what it holds. */
export class Gathering {
  private readonly entriesOfBusyWindow: number;
  private windowEndMilliseconds = 0;
  /** Entries sent in this window and in the one before it. */
  private entries = 0;
  private entriesBefore = 0;
  private sentMilliseconds = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly limits: StreamLimits,
    private readonly mode: ReplicationMode,
  ) {
    this.entriesOfBusyWindow = (limits.busyEntriesPerSecond * WINDOW_MILLISECONDS) / 1_000;
  }

  /** A frame went out; so many entries of the log were looked at for it. */
  sent(entries: number): void {
    const now = this.clock.monotonicMilliseconds();
    if (now >= this.windowEndMilliseconds) {
      const follows = now < this.windowEndMilliseconds + WINDOW_MILLISECONDS;
      this.entriesBefore = follows ? this.entries : 0;
      this.entries = 0;
      this.windowEndMilliseconds = now + WINDOW_MILLISECONDS;
    }
    this.entries += entries;
    this.sentMilliseconds = now;
  }

  /**
   * How long so many entries wait for others. A DR secondary's never do: should the primary be lost, it would lack them.
   * @returns milliseconds; 0: they go now
   */
  milliseconds(waitingEntries: number): number {
    const { gatherEntries, gatherMilliseconds } = this.limits;
    if (this.mode === "dr" || waitingEntries >= gatherEntries) return 0;
    if (Math.max(this.entries, this.entriesBefore) < this.entriesOfBusyWindow) return 0;
    return Math.max(0, this.sentMilliseconds + gatherMilliseconds - this.clock.monotonicMilliseconds());
  }
}
