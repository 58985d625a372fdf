import type { Clock } from "../../sdk/clock";
import type { ReplicationMode } from "../../sdk/log";
import type { Counter, Metrics, Summary } from "../../sdk/metrics";
import type { FollowerTarget } from "./follower";
import type { EntriesFrame } from "./frames";
import { streamMetrics } from "./stream-metrics";

/** A target that counts and times what is applied to it. */
export class MeteredTarget implements FollowerTarget {
  readonly begin: FollowerTarget["begin"];
  readonly applyRepair: FollowerTarget["applyRepair"];
  readonly forget: FollowerTarget["forget"];
  readonly checkpoint: FollowerTarget["checkpoint"];
  private readonly entries: Counter;
  private readonly duration: Summary;

  constructor(
    private readonly target: FollowerTarget,
    metrics: Metrics,
    private readonly clock: Clock,
    mode: ReplicationMode,
  ) {
    this.begin = (welcome) => target.begin(welcome);
    this.applyRepair = (frame) => target.applyRepair(frame);
    this.forget = (mountIds) => target.forget(mountIds);
    this.checkpoint = (checkpoint) => target.checkpoint(checkpoint);
    this.entries = metrics.counter(streamMetrics.appliedEntries, { mode });
    this.duration = metrics.summary(streamMetrics.apply, { mode });
  }

  async applyEntries(frame: EntriesFrame): Promise<void> {
    const began = this.clock.monotonicMilliseconds();
    await this.target.applyEntries(frame);
    this.duration.observe(this.clock.monotonicMilliseconds() - began);
    this.entries.add(frame.entries.length);
  }
}
