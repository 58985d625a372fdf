import type { ReplicationMode } from "../../sdk/log";
import type { WriteOperation } from "../../sdk/view";
import type { ReplicationDependencies } from "./dependencies";
import { MODES } from "./replication-store";
import type { RoleState } from "./role-state";

/**
 * Why what a secondary holds may not be what its primary held at one moment. `guess`: it streams from a position that was
 * found by what its log says of another cluster's numbering, and no checkpoint has confirmed it. `repair`: keys that differ
 * are being brought over one by one. `accepted`: it was promoted in the middle of that, by an operator's express will.
 */
export type Unsettled = "guess" | "repair" | "accepted";

/** Kept over restarts: a repair that a crash interrupted is still half done. Class `node`: each cluster has its own. */
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

  /** For the commit that adopts a guessed position. A repair that is half done stays one. */
  guessing(mode: ReplicationMode): readonly WriteOperation[] {
    if (this.of(mode) === "repair") return [];
    this.remember(mode, "guess");
    return [this.state.store.putUnsettled(mode, "guess")];
  }

  /** Before the first key is brought over. */
  async repairing(mode: ReplicationMode): Promise<void> {
    if (this.of(mode) === "repair") return;
    await this.deps.core.barrier.commit([this.state.store.putUnsettled(mode, "repair")]);
    this.remember(mode, "repair");
  }

  /** The checksums are the primary's. */
  async settled(mode: ReplicationMode): Promise<void> {
    if (this.of(mode) === undefined) return;
    await this.deps.core.barrier.commit([this.state.store.putUnsettled(mode, undefined)]);
    this.remember(mode, undefined);
  }

  /** For the commit of a promotion: what is here is what the new epoch begins with. */
  promoted(mode: ReplicationMode): readonly WriteOperation[] {
    const left = this.of(mode) === "repair" ? "accepted" : undefined;
    return this.of(mode) === undefined ? [] : [this.state.store.putUnsettled(mode, left)];
  }

  private remember(mode: ReplicationMode, unsettled: Unsettled | undefined): void {
    if (unsettled === undefined) this.known.delete(mode);
    else this.known.set(mode, unsettled);
  }
}
