import { ServerError } from "../../sdk/errors";
import { nextLineage } from "../../sdk/lineage";
import type { Lineage, ReplicationMode } from "../../sdk/log";
import type { DemoteRequest, PromoteRequest } from "../../sdk/replication-admin";
import type { WriteOperation } from "../../sdk/view";
import type { PrimaryHub } from "../stream/primary-hub";
import type { ClusterPort } from "./cluster-port";
import type { ReplicationDependencies } from "./dependencies";
import { requireAddress } from "./primary-admin";
import type { RoleChanges } from "./role-changes";
import { requireAllowed } from "./role-rules";
import type { RoleState } from "./role-state";
import type { Runners } from "./runners";
import { startingCursor } from "./starting-cursor";
import type { Doubt, UnsettledContent } from "./unsettled-content";

/** What an operator is told who has promoted it all the same. */
const ACCEPTANCES: Readonly<Record<Doubt, { readonly event: string; readonly consequence: string }>> = {
  guess: {
    event: "before its new primary had confirmed what it holds",
    consequence: "it may hold writes that the set had lost, and lack others in their place",
  },
  repair: {
    event: "in the middle of a repair",
    consequence: "what it holds mixes two states of its former primary",
  },
};

/** Demotion and promotion: one commit each, so that a crash leaves the old role or the new one. */
export class Failover {
  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly changes: RoleChanges,
    private readonly hub: PrimaryHub,
    private readonly port: ClusterPort,
    private readonly runners: Runners,
    private readonly unsettled: UnsettledContent,
  ) {}

  demote(mode: ReplicationMode, request: DemoteRequest): Promise<readonly string[]> {
    return this.changes.told("demotion", { mode, target: request.targetId }, async () => {
      requireAllowed(this.state.roles(), mode, "demote");
      const { role } = this.state.of(mode);
      if (role.role !== "primary") throw new ServerError("internal", { detail: "role changed" });
      await this.hold(mode);
      try {
        if (request.targetId !== undefined) await this.drainTo(mode, request.targetId, request.signal);
        const demoted = { role: "secondary", setId: role.setId, link: undefined } as const;
        const { store } = this.state;
        await this.changes.commit([store.putRole(mode, demoted), store.deleteFormerPrimary(mode)]);
      } finally {
        this.state.holds = { ...this.state.holds, draining: undefined };
        await this.changes.settle(this.runners);
      }
      return [
        "This cluster is being demoted to a replication secondary. It will be unavailable for a brief period and will resume service shortly.",
      ];
    });
  }

  promote(mode: ReplicationMode, request: PromoteRequest): Promise<readonly string[]> {
    return this.changes.told("promotion", { mode, forced: request.force }, async () => {
      requireAllowed(this.state.roles(), mode, "promote");
      requireAddress(request.primaryClusterAddress);
      if (!request.force && this.runners.of(mode)?.isCaughtUp() === false) throw new ServerError("catching_up");
      this.requireWhole(mode, request);
      let accepted: Doubt | undefined;
      await this.port.open();
      // From here on nothing of the old primary is applied any more: what is here is what the new epoch begins with.
      await this.runners.stop(mode);
      try {
        // Taken up after a restart it would replace what the new primary holds.
        await this.runners.giveUpBuild(mode, "this cluster is being promoted");
        // Members and authority may have come over the stream since they were last read.
        await this.state.load();
        this.requireWhole(mode, request);
        accepted = this.unsettled.doubt(mode);
        await this.changes.commit(await this.promotion(mode, request), {
          lineages: await this.promotedLineages(mode),
          cursors: { [mode]: undefined },
        });
      } finally {
        await this.changes.settle(this.runners);
      }
      return [
        ...this.acceptanceWarning(mode, accepted),
        "This cluster is being promoted to a replication primary. It will be unavailable for a brief period and will resume service shortly.",
      ];
    });
  }

  /**
   * The new epoch says up to where it holds the one before, and the others of the set believe it: what may be untrue of what is
   * here is promoted by nobody who does not say so. @throws catching_up unless the operator accepts it expressly
   */
  private requireWhole(mode: ReplicationMode, { force, acceptPartialRepair }: PromoteRequest): void {
    const publicText = this.unsettled.refusal(mode);
    if (publicText === undefined || (force && acceptPartialRepair === true)) return;
    throw new ServerError("catching_up", { publicText });
  }

  private acceptanceWarning(mode: ReplicationMode, accepted: Doubt | undefined): readonly string[] {
    if (accepted === undefined) return [];
    const { event, consequence } = ACCEPTANCES[accepted];
    this.deps.logger.log("warn", `promoted ${event}, by the operator's express will`, { mode });
    return [
      `This cluster was promoted ${event}: ${consequence}. Its status says accepted_partial_repair until it has followed another primary.`,
    ];
  }

  private async hold(mode: ReplicationMode): Promise<void> {
    this.state.holds = { ...this.state.holds, draining: mode };
    await this.state.applyGate();
  }

  private async drainTo(mode: ReplicationMode, id: string, signal: AbortSignal): Promise<void> {
    const target = this.deps.core.log.lastIndex();
    if (this.hub.view(mode, id)?.connected !== true) {
      throw new ServerError("invalid_request", `the target ${id} is not connected; nothing was changed`);
    }
    const { drainMilliseconds } = this.deps.settings;
    const reached = await this.waitFor(() => this.holds(mode, id, target), drainMilliseconds, signal);
    if (!reached) {
      const publicText = `the target ${id} did not catch up within ${drainMilliseconds} ms; this cluster is still the primary`;
      throw new ServerError("catching_up", { publicText });
    }
    this.deps.logger.log("info", "demotion drained", { mode, target: id, index: target });
  }

  /** Acks of a build, or of content that was not compared with ours yet, say nothing about what would be promoted. */
  private holds(mode: ReplicationMode, id: string, index: number): boolean {
    const view = this.hub.view(mode, id);
    if (view?.connected !== true || !view.verified || view.hello.building) return false;
    return view.appliedIndex >= index;
  }

  private waitFor(holds: () => boolean, milliseconds: number, signal: AbortSignal): Promise<boolean> {
    if (holds()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (reached: boolean): void => {
        stopListening();
        timer.cancel();
        signal.removeEventListener("abort", abort);
        resolve(reached);
      };
      const abort = (): void => settle(false);
      const stopListening = this.hub.onProgress(() => (holds() ? settle(true) : undefined));
      const timer = this.deps.clock.setTimer(milliseconds, abort);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  /** The records of the new primary. It is no secondary of its own set any more. */
  private async promotion(mode: ReplicationMode, request: PromoteRequest): Promise<readonly WriteOperation[]> {
    const { role, set, members } = this.state.of(mode);
    if (role.role !== "secondary") throw new ServerError("internal", { detail: "role changed" });
    const { store } = this.state;
    const promoted = {
      role: "primary",
      setId: role.setId,
      primaryClusterAddress: request.primaryClusterAddress,
    } as const;
    const operations = [store.putRole(mode, promoted), ...this.takenOver(mode, request), this.unsettled.promoted(mode)];
    if (role.link !== undefined) {
      const clusterId = this.deps.core.log.cursor(mode)?.clusterId ?? "";
      operations.push(store.putFormerPrimary(mode, { setId: role.setId, clusterId, link: role.link, told: false }));
    }
    if (set?.setId !== role.setId) operations.push(await this.newAuthority(mode, role.setId));
    const own = role.link === undefined ? undefined : members.get(role.link.secondaryId);
    if (own !== undefined) operations.push(store.putMember(mode, { ...own, revoked: true }));
    return operations;
  }

  /** A promoted DR cluster that becomes performance primary too gives its secondaries its own address, not the old one's. */
  private takenOver(mode: ReplicationMode, request: PromoteRequest): readonly WriteOperation[] {
    const { role } = this.state.of("performance");
    if (mode !== "dr" || role.role !== "primary") return [];
    const moved = { ...role, primaryClusterAddress: request.primaryClusterAddress };
    return [this.state.store.putRole("performance", moved)];
  }

  /** The old authority stayed with the old primary: members of a promoted performance secondary need new tokens. */
  private async newAuthority(mode: ReplicationMode, setId: string): Promise<WriteOperation> {
    const authority = await this.deps.certificates.createAuthority(setId);
    const record = { setId, authorityCertificate: authority.certificate, authorityKey: authority.privateKey };
    return this.state.store.putSet(mode, record);
  }

  /** A promoted DR cluster takes over the performance role: its secondaries see a new epoch too. */
  private async promotedLineages(mode: ReplicationMode): Promise<Partial<Record<ReplicationMode, Lineage>>> {
    const { log, identity } = this.deps.core;
    const { clusterId, index } = await startingCursor(log, mode, this.state.lineage(mode));
    const begin = (of: ReplicationMode): Lineage =>
      nextLineage(this.state.lineage(of), identity.id, log.lastIndex() + 1, { clusterId, index });
    const takesOver = mode === "dr" && this.state.of("performance").role.role === "primary";
    return takesOver ? { dr: begin("dr"), performance: begin("performance") } : { [mode]: begin(mode) };
  }
}
