import { compareLineage, currentEpoch, describeEpoch, sameEpoch } from "../../sdk/lineage";
import type { Lineage, ReplicationMode } from "../../sdk/log";
import { parseClusterAddress } from "../../sdk/transport";
import type { ReplicationDependencies } from "./dependencies";
import { CONFLICTS_MAX, type ConflictWitness, type LineageConflict } from "./fence-records";
import { MODES } from "./replication-store";
import type { RoleState } from "./role-state";

/** Named of each other history; a member that changes its name or address with each call comes to an end. */
const WITNESSES_MAX = 16;

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
  async met(mode: ReplicationMode, theirs: Lineage, secondaryId: string, address: string): Promise<void> {
    if (!this.conflicts(mode, theirs)) return;
    const clusterAddress = parseClusterAddress(address) === undefined ? "" : address;
    const witness = { secondaryId, clusterAddress, seenAtMilliseconds: this.deps.clock.nowMilliseconds() };
    const epoch = currentEpoch(theirs);
    const known = this.of(mode).find(({ lineage }) => sameEpoch(currentEpoch(lineage), epoch));
    if (known !== undefined) return await this.addWitness(mode, known, witness);
    const ours = describeEpoch(currentEpoch(this.state.lineage(mode)));
    const facts = { mode, ours, theirs: describeEpoch(epoch), secondary: secondaryId, address: clusterAddress };
    this.deps.logger.log("error", "another cluster of the set was promoted beside this one", facts);
    const conflict = { lineage: theirs, witnesses: [witness] };
    await this.keep(mode, [conflict, ...this.of(mode)].slice(0, CONFLICTS_MAX));
  }

  private async addWitness(mode: ReplicationMode, known: LineageConflict, witness: ConflictWitness): Promise<void> {
    const { witnesses } = known;
    if (witnesses.length >= WITNESSES_MAX || witnesses.some((other) => tellsAsMuch(other, witness))) return;
    const changed = { ...known, witnesses: [...witnesses, witness] };
    await this.keep(
      mode,
      this.of(mode).map((conflict) => (conflict === known ? changed : conflict)),
    );
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

/** A secondary is named once, an address at which nobody gave a name once. */
function tellsAsMuch(known: ConflictWitness, witness: ConflictWitness): boolean {
  if (witness.secondaryId !== "") return known.secondaryId === witness.secondaryId;
  return known.clusterAddress === witness.clusterAddress;
}
