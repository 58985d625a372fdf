import type { Clock } from "../../sdk/clock";
import type { ReplicationMode } from "../../sdk/log";
import type { StreamLimits } from "./limits";

/** Lets the commits of a busy primary share a frame: what a frame costs hardly depends on what it holds. */
export class Gathering {
  private untilMilliseconds = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly limits: StreamLimits,
    private readonly mode: ReplicationMode,
  ) {}

  /** A frame went out; `entries` of the log were looked at for it. */
  sent(entries: number): void {
    const { gatherEntries, gatherMilliseconds } = this.limits;
    // With so few the primary is not busy: a wait would only delay them.
    if (entries < gatherEntries / 4) return;
    this.untilMilliseconds = this.clock.monotonicMilliseconds() + gatherMilliseconds;
  }

  /** How long so many entries wait for others. A DR secondary's never do: should the primary be lost, it would lack them. */
  milliseconds(waitingEntries: number): number {
    if (this.mode === "dr" || waitingEntries >= this.limits.gatherEntries) return 0;
    return Math.max(0, this.untilMilliseconds - this.clock.monotonicMilliseconds());
  }
}
