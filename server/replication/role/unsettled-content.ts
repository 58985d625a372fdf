import type { RoleChange } from "../../sdk/barrier";
import type { ReplicationMode } from "../../sdk/log";
import type { WriteOperation } from "../../sdk/view";
import type { ReplicationDependencies } from "./dependencies";
import { MODES } from "./replication-store";
import type { RoleState } from "./role-state";

/**
 * Why what a secondary holds may not be what its primary held at one moment. `guess`: it streams from a position that was
 * found by what its log says of another cluster's numbering, and no checkpoint has confirmed it: it may hold writes that its
 * former primary alone had, with entries of the new one on top. `repair`: keys that differ are being brought over one by one.
 * `accepted`: it was promoted in one of these states, by an operator's express will.
 */
export type Unsettled = "guess" | "repair" | "accepted";

/** A promotion would say of such content that the new epoch begins where it does not. */
export type Doubt = Exclude<Unsettled, "accepted">;

const REFUSALS: Readonly<Record<Doubt, string>> = {
  guess:
    "this cluster came to another primary, which has not confirmed that both hold the same: it may hold writes of the former " +
    "primary that the set has lost, and lack others in their place",
  repair:
    "this cluster is in the middle of a repair: some keys are as its primary has them now, others as it held them before, " +
    "which no primary ever did",
};

/**
 * Kept over restarts: a repair that a crash interrupted is still half done. The performance mode's goes to the DR secondary of
 * this cluster, which mirrors what is in doubt. Nothing holds these records back: they say no more than what comes from the primary.
 */
export class UnsettledContent {
  private readonly known = new Map<ReplicationMode, Unsettled>();

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
  ) {}

  async load(): Promise<void> {
    for (const mode of MODES) this.remember(mode, await this.state.store.readUnsettled(mode));
  }

  of(mode: ReplicationMode): Unsettled | undefined {
    return this.known.get(mode);
  }

  /** Undefined: what is here can be promoted. */
  doubt(mode: ReplicationMode): Doubt | undefined {
    const unsettled = this.of(mode);
    return unsettled === "accepted" ? undefined : unsettled;
  }

  /** Why not even force promotes this cluster, and what does; undefined where it does. */
  refusal(mode: ReplicationMode): string | undefined {
    const doubt = this.doubt(mode);
    if (doubt === undefined) return undefined;
    return (
      `${REFUSALS[doubt]}. Let it finish with its primary, or promote another secondary. Where neither is possible, ` +
      "force together with accept_partial_repair promotes it as it is"
    );
  }

  /** For the commit that adopts a guessed position. A repair that is half done stays one. */
  guessing(mode: ReplicationMode): readonly WriteOperation[] {
    const unsettled = this.of(mode) === "repair" ? "repair" : "guess";
    this.remember(mode, unsettled);
    return [this.state.store.putUnsettled(mode, unsettled)];
  }

  /** Before the first key is brought over. Written whatever is known: a commit that took the record away may have seemed to fail. */
  async repairing(mode: ReplicationMode): Promise<void> {
    await this.deps.core.barrier.commit([this.state.store.putUnsettled(mode, "repair")], { passesGate: true });
    this.remember(mode, "repair");
  }

  /** The checksums are the primary's. @param change for the same commit */
  async settled(mode: ReplicationMode, change: RoleChange = {}): Promise<void> {
    const operations = this.of(mode) === undefined ? [] : [this.state.store.putUnsettled(mode, undefined)];
    if (operations.length === 0 && change.reached === undefined) return;
    await this.deps.core.barrier.commit(operations, { ...change, passesGate: true });
    this.remember(mode, undefined);
  }

  /** For the commit of a promotion: what is here is what the new epoch begins with. Who promotes it has accepted it. */
  promoted(mode: ReplicationMode): readonly WriteOperation[] {
    return this.of(mode) === undefined ? [] : [this.state.store.putUnsettled(mode, "accepted")];
  }

  /** For the commit that leaves the set: what is here is this cluster's own. To be loaded after it. */
  left(mode: ReplicationMode): WriteOperation {
    return this.state.store.putUnsettled(mode, undefined);
  }

  private remember(mode: ReplicationMode, unsettled: Unsettled | undefined): void {
    if (unsettled === undefined) this.known.delete(mode);
    else this.known.set(mode, unsettled);
  }
}
