import { ServerError } from "../../sdk/errors";
import { compareLineage, currentEpoch, describeEpoch, nextLineage } from "../../sdk/lineage";
import type { Lineage, ReplicationMode } from "../../sdk/log";
import type { PrimaryHub } from "../stream/primary-hub";
import type { ReplicationDependencies } from "./dependencies";
import type { LineageConfirmation } from "./lineage-confirmation";
import { MODES } from "./replication-store";
import type { RoleChanges } from "./role-changes";
import { isFenced, requireAllowed } from "./role-rules";
import type { RoleState } from "./role-state";
import type { Runners } from "./runners";

/**
 * Per mode: a primary that learned of a later promotion in its own set was replaced: it acknowledges no write and is followed by
 * nobody, over restarts, until it is no primary of that set any more or an operator overrides it.
 */
export class Fence {
  /** The later histories that are known. They count while this cluster is the mode's primary. */
  private readonly newer = new Map<ReplicationMode, Lineage>();
  /** Those of which a restart would still know. */
  private readonly durable = new Set<ReplicationMode>();

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly hub: PrimaryHub,
    private readonly runners: Runners,
    private readonly confirmation: LineageConfirmation,
  ) {}

  /** Takes up what was learned before the restart. */
  async load(): Promise<void> {
    for (const mode of MODES) {
      const newer = await this.state.store.readFence(mode);
      if (newer === undefined) continue;
      this.newer.set(mode, newer);
      this.durable.add(mode);
    }
    this.hold();
  }

  /** Resolves once nothing is acknowledged any more and a restart will not change that. */
  async learn(mode: ReplicationMode, newer: Lineage): Promise<void> {
    if (!this.replaces(mode, newer)) return;
    if (!this.isFenced(mode)) this.begin(mode, newer);
    // Being told again while, or after, it could not be written down: the answer waits all the same.
    if (this.durable.has(mode)) return;
    await this.state.applyGate();
    await this.deps.core.barrier.commit([this.state.store.putFence(mode, newer)]);
    this.durable.add(mode);
    for (const other of MODES.filter((each) => isFenced(this.state.holds, each))) {
      this.hub.stopStreams(other, "this cluster was replaced as primary");
      // A successor follows with the very credentials that this cluster has.
      await this.runners.stop(other);
    }
  }

  private begin(mode: ReplicationMode, newer: Lineage): void {
    const ours = describeEpoch(currentEpoch(this.state.lineage(mode)));
    const facts = { mode, ours, theirs: describeEpoch(currentEpoch(newer)) };
    this.deps.logger.log("error", "this cluster was replaced as primary and stops acknowledging writes", facts);
    this.newer.set(mode, newer);
    this.durable.delete(mode);
    this.hold();
  }

  /**
   * Roles or histories changed: who is no primary of the set any more, or has the later promotion in its own history by
   * now, needs no fence. A DR secondary's performance role sleeps, and its fence with it.
   */
  async review(): Promise<void> {
    for (const [mode, newer] of [...this.newer]) {
      const asleep = mode === "performance" && this.state.of("dr").role.role === "secondary";
      if (asleep || this.replaces(mode, newer)) continue;
      this.newer.delete(mode);
      this.durable.delete(mode);
      await this.deps.core.barrier.commit([this.state.store.deleteFence(mode)]);
      this.deps.logger.log("info", "the fence is no longer needed", { mode, role: this.state.effective(mode) });
    }
    this.hold();
  }

  /** An operator's decision that this cluster shall be primary all the same: it begins an epoch of its own, which forks off. */
  override(mode: ReplicationMode, changes: RoleChanges): Promise<readonly string[]> {
    return changes.exclusive(async () => {
      requireAllowed(this.state.roles(), mode, "override-fence");
      if (!this.isFenced(mode)) return await this.overrideWait(mode, changes);
      const { log, identity } = this.deps.core;
      const lineage = nextLineage(this.state.lineage(mode), identity.id, log.lastIndex() + 1);
      await changes.commit([this.state.store.deleteFence(mode)], { lineages: { [mode]: lineage } });
      this.newer.delete(mode);
      this.durable.delete(mode);
      this.hold();
      await changes.settle(this.runners);
      this.deps.logger.log("warn", "an operator overrode the fence", { mode });
      return [
        "This cluster acknowledges writes again although another cluster of its set was promoted. The two do not follow each other any more; what both write has to be reconciled by hand.",
      ];
    });
  }

  /** Writes go on without the secondaries' word until one of them follows this cluster again. A successor still fences it. */
  private async overrideWait(mode: ReplicationMode, changes: RoleChanges): Promise<readonly string[]> {
    if (!this.confirmation.isWaiting(mode)) {
      const text = `no later promotion in ${mode} mode is known here, and no write waits for a secondary's word: there is nothing to override`;
      throw new ServerError("invalid_request", text);
    }
    const { store } = this.state;
    const members = [...this.state.of(mode).members.values()];
    const awaited = members.filter((member) => this.state.followersOf(mode).includes(member.id));
    await changes.commit(
      awaited.map((member) => store.putMember(mode, { ...member, followed: undefined, followedByAnother: false })),
    );
    await changes.settle(this.runners);
    this.deps.logger.log("warn", "an operator overrode the wait for the secondaries' word", { mode });
    return [
      "This cluster acknowledges writes although none of its secondaries has confirmed that it is still the primary. If one of them was promoted, what is written here until this cluster learns of it has to be reconciled by hand.",
    ];
  }

  private isFenced(mode: ReplicationMode): boolean {
    const newer = this.newer.get(mode);
    return newer !== undefined && this.replaces(mode, newer);
  }

  private replaces(mode: ReplicationMode, newer: Lineage): boolean {
    const isPrimary = this.state.effective(mode) === "primary";
    return isPrimary && compareLineage(this.state.lineage(mode), newer) === "ahead";
  }

  private hold(): void {
    this.state.holds = { ...this.state.holds, fenced: new Set(MODES.filter((mode) => this.isFenced(mode))) };
  }
}
