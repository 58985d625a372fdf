import { currentEpoch, sameEpoch } from "../../sdk/lineage";
import type { Epoch, ReplicationMode } from "../../sdk/log";
import type { EpochIndex, IndexStanding } from "../../sdk/replication";
import type { ReplicationDependencies } from "./dependencies";
import { standingOf } from "./index-standing";
import type { RoleState } from "./role-state";
import type { Runners } from "./runners";
import type { SecondaryRunner } from "./secondary-runner";
import type { UnsettledContent } from "./unsettled-content";

/** The usual case, asked of everybody who waits whenever more is applied: there is nothing to look up for it. */
function isBehind(applied: EpochIndex | undefined, at: EpochIndex): boolean {
  return applied !== undefined && sameEpoch(applied.epoch, at.epoch) && applied.index < at.index;
}

/** What this cluster holds of what it or its primary wrote, and the waiting for what it does not hold yet. */
export class IndexStandings {
  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly runners: Runners,
    private readonly unsettled: UnsettledContent,
  ) {}

  /** The epoch in whose numbering the mode's writes count: the set's, or this cluster's own where it is in no set. */
  numbering(mode: ReplicationMode): Epoch {
    const current = currentEpoch(this.state.lineage(mode));
    const own = this.deps.core.identity.id;
    const follows = this.state.of(mode).role.role === "secondary";
    return follows || current.clusterId === own ? current : { number: 0, clusterId: own };
  }

  /** The cluster that the mode's history began with; this one where there is none. */
  origin(mode: ReplicationMode): string {
    return this.state.lineage(mode)[0]?.epoch.clusterId ?? this.deps.core.identity.id;
  }

  standing(mode: ReplicationMode, at: EpochIndex): IndexStanding {
    const standing = standingOf(this.state.lineage(mode), this.held(mode), at);
    // What the only cluster that writes in a numbering has not written yet, nobody can have been told of.
    const own = at.epoch.clusterId === this.deps.core.identity.id && sameEpoch(at.epoch, this.numbering(mode));
    return standing === "awaited" && own && this.state.of(mode).role.role !== "secondary" ? "absent" : standing;
  }

  /** Resolves true once `at` is held; false after `consistency_wait`, and at once where waiting cannot help. */
  async wait(mode: ReplicationMode, at: EpochIndex, signal: AbortSignal): Promise<boolean> {
    const first = this.standing(mode, at);
    const runner = this.runners.of(mode);
    if (first !== "awaited" || runner === undefined) return first === "held";
    const { consistencyWaitMilliseconds } = this.deps.settings;
    const isDecided = (): boolean => !isBehind(runner.applied.position, at) && this.standing(mode, at) !== "awaited";
    await runner.applied.wait(isDecided, consistencyWaitMilliseconds, signal);
    return this.standing(mode, at) === "held";
  }

  /** Everything up to there is here; undefined while that is not known. */
  private held(mode: ReplicationMode): EpochIndex | undefined {
    const role = this.state.of(mode).role.role;
    if (this.state.building !== undefined) return undefined;
    if (role !== "secondary") return { epoch: this.numbering(mode), index: this.deps.core.log.lastIndex() };
    // A position that was guessed, or a repair that is half done, says nothing of what is here.
    if (this.unsettled.of(mode) !== undefined) return undefined;
    const runner = this.runners.of(mode);
    return runner === undefined ? this.stored(mode) : this.followed(mode, runner);
  }

  /** While what differs is being fetched, keys of two positions lie side by side. */
  private followed(mode: ReplicationMode, runner: SecondaryRunner): EpochIndex | undefined {
    if (runner.state === "merkle-diff" || runner.state === "merkle-sync") return undefined;
    const [live, stored] = [runner.applied.position, this.stored(mode)];
    if (live === undefined || stored === undefined) return live ?? stored;
    return sameEpoch(live.epoch, stored.epoch) && live.index < stored.index ? stored : live;
  }

  /** Without a cursor only a former primary knows what it holds: what it wrote itself. */
  private stored(mode: ReplicationMode): EpochIndex | undefined {
    const { log, identity } = this.deps.core;
    const cursor = log.cursor(mode);
    if (cursor !== undefined) return { epoch: cursor.epoch, index: cursor.index };
    const epoch = currentEpoch(this.state.lineage(mode));
    return epoch.clusterId === identity.id ? { epoch, index: log.lastIndex() } : undefined;
  }
}
