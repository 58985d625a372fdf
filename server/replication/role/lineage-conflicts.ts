import { compareLineage, currentEpoch, describeEpoch } from "../../sdk/lineage";
import type { Lineage, ReplicationMode } from "../../sdk/log";
import type { ReplicationDependencies } from "./dependencies";
import type { LineageConflict } from "./fence-records";
import { MODES } from "./replication-store";
import type { RoleState } from "./role-state";

/** Kept and named per mode; an operator who has more has other troubles. */
const CONFLICTS_MAX = 8;

/** Who told of the other history. */
export interface ConflictWitness {
  readonly secondaryId: string;
  readonly clusterAddress: string;
}

/**
 * Other clusters of the set that were promoted beside this one: their history and ours have branched off, so neither can
 * follow the other until an operator chooses. Known over restarts, so that the status of both names both epochs.
 */
export class LineageConflicts {
  private readonly known = new Map<ReplicationMode, readonly LineageConflict[]>();

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
  ) {}

  async load(): Promise<void> {
    for (const mode of MODES) this.known.set(mode, await this.state.store.readConflicts(mode));
  }

  of(mode: ReplicationMode): readonly LineageConflict[] {
    return this.known.get(mode) ?? [];
  }

  /** Takes note of a history that somebody showed; one that did not branch off is none of ours. */
  async met(mode: ReplicationMode, theirs: Lineage, witness: ConflictWitness): Promise<void> {
    if (!this.conflicts(mode, theirs)) return;
    const name = describeEpoch(currentEpoch(theirs));
    if (this.of(mode).some(({ lineage }) => describeEpoch(currentEpoch(lineage)) === name)) return;
    const ours = describeEpoch(currentEpoch(this.state.lineage(mode)));
    const { secondaryId: secondary, clusterAddress } = witness;
    const facts = { mode, ours, theirs: name, secondary, address: clusterAddress };
    this.deps.logger.log("error", "another cluster of the set was promoted beside this one", facts);
    const conflict = { ...witness, lineage: theirs, seenAtMilliseconds: this.deps.clock.nowMilliseconds() };
    await this.keep(mode, [conflict, ...this.of(mode)].slice(0, CONFLICTS_MAX));
  }

  /** The cluster follows us now: its operator gave its history up. */
  async resolved(mode: ReplicationMode, clusterId: string): Promise<void> {
    const left = this.of(mode).filter(({ lineage }) => currentEpoch(lineage).clusterId !== clusterId);
    if (left.length < this.of(mode).length) await this.keep(mode, left);
  }

  /** Roles or histories changed. */
  async review(): Promise<void> {
    for (const mode of MODES) {
      const left = this.of(mode).filter(({ lineage }) => this.conflicts(mode, lineage));
      if (left.length < this.of(mode).length) await this.keep(mode, left);
    }
  }

  private conflicts(mode: ReplicationMode, theirs: Lineage): boolean {
    const isPrimary = this.state.effective(mode) === "primary";
    return isPrimary && compareLineage(this.state.lineage(mode), theirs) === "forked";
  }

  private async keep(mode: ReplicationMode, conflicts: readonly LineageConflict[]): Promise<void> {
    this.known.set(mode, conflicts);
    await this.deps.core.barrier.commit([this.state.store.putConflicts(mode, conflicts)]);
  }
}
