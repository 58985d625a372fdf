import { ServerError } from "../../sdk/errors";
import { compareLineage, currentEpoch, describeEpoch, nextLineage } from "../../sdk/lineage";
import type { Lineage, ReplicationMode } from "../../sdk/log";
import type { PrimaryHub } from "../stream/primary-hub";
import type { ReplicationDependencies } from "./dependencies";
import { MODES } from "./replication-store";
import type { RoleChanges } from "./role-changes";
import { requireAllowed } from "./role-rules";
import type { RoleState } from "./role-state";
import type { Runners } from "./runners";

/**
 * A primary that learned of a later promotion in its own set was replaced: it acknowledges no write and is followed by
 * nobody, over restarts, until it is no primary of that set any more or an operator overrides it.
 */
export class Fence {
  private readonly modes = new Set<ReplicationMode>();

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly hub: PrimaryHub,
    private readonly runners: Runners,
  ) {}

  /** Takes up what was learned before the restart. */
  async load(): Promise<void> {
    for (const mode of MODES) {
      const newer = await this.state.store.readFence(mode);
      if (newer !== undefined && this.replaces(mode, newer)) this.modes.add(mode);
    }
    this.hold();
  }

  /** Resolves once nothing is acknowledged any more and a restart will not change that. */
  async learn(mode: ReplicationMode, newer: Lineage): Promise<void> {
    if (this.modes.has(mode) || !this.replaces(mode, newer)) return;
    const ours = describeEpoch(currentEpoch(this.state.lineage(mode)));
    const facts = { mode, ours, theirs: describeEpoch(currentEpoch(newer)) };
    this.deps.logger.log("error", "this cluster was replaced as primary and stops acknowledging writes", facts);
    this.modes.add(mode);
    this.hold();
    await this.state.applyGate();
    await this.deps.core.barrier.commit([this.state.store.putFence(mode, newer)]);
    for (const other of MODES) {
      this.hub.stopStreams(other, "this cluster was replaced as primary");
      // A successor follows with the very credentials that this cluster has.
      await this.runners.stop(other);
    }
  }

  /** Roles changed: who is no primary any more needs no fence. */
  async review(): Promise<void> {
    for (const mode of [...this.modes]) {
      if (this.state.of(mode).role.role === "primary") continue;
      this.modes.delete(mode);
      await this.deps.core.barrier.commit([this.state.store.deleteFence(mode)]);
    }
    this.hold();
  }

  /** An operator's decision that this cluster shall be primary all the same: it begins an epoch of its own, which forks off. */
  override(mode: ReplicationMode, changes: RoleChanges): Promise<readonly string[]> {
    return changes.exclusive(async () => {
      requireAllowed(this.state.roles(), mode, "override-fence");
      if (!this.modes.has(mode)) {
        throw new ServerError(
          "invalid_request",
          `no later promotion in ${mode} mode is known here: there is nothing to override`,
        );
      }
      const { log, identity } = this.deps.core;
      const lineage = nextLineage(this.state.lineage(mode), identity.id, log.lastIndex() + 1);
      await changes.commit([this.state.store.deleteFence(mode)], { lineages: { [mode]: lineage } });
      this.modes.delete(mode);
      this.hold();
      await changes.settle(this.runners);
      this.deps.logger.log("warn", "an operator overrode the fence", { mode });
      return [
        "This cluster acknowledges writes again although another cluster of its set was promoted. The two do not follow each other any more; what both write has to be reconciled by hand.",
      ];
    });
  }

  private replaces(mode: ReplicationMode, newer: Lineage): boolean {
    const isPrimary = this.state.of(mode).role.role === "primary";
    return isPrimary && compareLineage(this.state.lineage(mode), newer) === "ahead";
  }

  private hold(): void {
    this.state.holds = { ...this.state.holds, fenced: this.modes.size > 0 };
  }
}
