import type { RoleChange } from "../../sdk/barrier";
import { isServerError } from "../../sdk/errors";
import { compareLineage } from "../../sdk/lineage";
import { type Lineage, LogDivergence, type ReplicationMode, type UpstreamCursor } from "../../sdk/log";
import type { PeerConnection } from "../../sdk/transport";
import { DIFF_CHANNEL } from "../stream/diff-codec";
import { questionTimer, ReconciliationMeter } from "../stream/diff-metrics";
import { PrimaryConnector } from "../stream/primary-link";
import { Reconciliation, type ReconciliationProgress } from "../stream/reconciliation";
import { BuildRunner, type SyncProgress } from "./build-runner";
import type { ReplicationDependencies } from "./dependencies";
import type { Divergence } from "./divergence";
import { GivenUpMounts } from "./given-up-mounts";
import type { PrimaryLink } from "./records";
import { MODES } from "./replication-store";
import { isFenced } from "./role-rules";
import type { RoleState } from "./role-state";
import { forgetLocalData, SecondaryRunner } from "./secondary-runner";
import type { UnsettledContent } from "./unsettled-content";

/** The loops that follow primaries: one per mode in which this cluster is a secondary, and a build where one is under way. */
export class Runners {
  private readonly live = new Map<ReplicationMode, SecondaryRunner>();
  private building: { readonly runner: BuildRunner; readonly connector: PrimaryConnector } | undefined;
  /** A build that replaces what a secondary holds, kept over lost connections and restarts. */
  private resync: BuildRunner | undefined;
  private readonly diffs = new Map<ReplicationMode, ReconciliationProgress>();
  /** An unfinished build was taken up, or there is none. Who followed before that would begin another beside it. */
  private isOpen = false;
  private closed = false;
  private readonly givenUp: GivenUpMounts;

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly storeLink: (mode: ReplicationMode, change: (link: PrimaryLink) => PrimaryLink) => Promise<void>,
    private readonly divergence: Divergence,
    private readonly unsettled: UnsettledContent,
  ) {
    this.givenUp = new GivenUpMounts(deps, state);
  }

  of(mode: ReplicationMode): SecondaryRunner | undefined {
    return this.live.get(mode);
  }

  /** Progress of the diff or the snapshot that is under way for the mode, if one is. */
  syncProgress(mode: ReplicationMode): SyncProgress | undefined {
    const diff = this.diffs.get(mode);
    if (diff !== undefined) return { totalKeys: diff.totalKeys, syncedKeys: diff.syncedKeys };
    const runner = this.building?.runner ?? this.resync;
    return runner?.mode === mode ? runner.progress() : undefined;
  }

  buildConnection(): PrimaryConnector | undefined {
    return this.building?.connector;
  }

  /** Whose secondary this cluster is being made. */
  buildLink(): { readonly setId: string; readonly link: PrimaryLink } | undefined {
    return this.building?.runner;
  }

  /** Takes up what the roles and an unfinished build call for. */
  async open(): Promise<void> {
    const unfinished = await BuildRunner.resume(this.deps);
    if (unfinished !== undefined) await this.takeUp(unfinished);
    this.isOpen = true;
    await this.follow();
  }

  /** Starts and stops so that exactly the secondaries with a primary are followed. */
  async follow(): Promise<void> {
    if (!this.closed) this.givenUp.review();
    for (const mode of MODES) {
      const { role } = this.state.of(mode);
      const isSecondary = this.state.effective(mode) === "secondary" && role.role === "secondary";
      // A promoted DR cluster follows with the very credentials that this cluster has.
      const replaced = isFenced(this.state.holds, mode);
      const wanted = isSecondary && role.link !== undefined && !replaced && this.isOpen && !this.closed;
      if (!wanted) await this.stop(mode);
      else if (!this.live.has(mode) && isSecondary) this.start(mode, role.setId);
    }
  }

  async stop(mode: ReplicationMode): Promise<void> {
    const runner = this.live.get(mode);
    this.live.delete(mode);
    await runner?.stop();
  }

  async startBuild(runner: BuildRunner): Promise<void> {
    const { transport, clock, random, logger } = this.deps;
    const { link, setId, mode } = runner;
    runner.beforeActivation = (...build) => this.divergence.beforeActivation(mode, ...build);
    const connector = new PrimaryConnector({
      transport,
      clock,
      random,
      logger,
      setId,
      credentials: link.credentials,
      addresses: () => [...new Set([link.primaryClusterAddress, ...link.knownAddresses])],
      session: (connection, stood) => runner.run(connection, stood),
    });
    this.building = { runner, connector };
    this.state.building = mode;
    await this.state.applyGate();
    connector.start();
  }

  /**
   * Ends the build of the mode, if there is one, so that no restart takes it up again; what is in use stays. A secondary has to
   * be stopped before. When it fails the build goes on.
   */
  async giveUpBuild(mode: ReplicationMode, reason: string): Promise<void> {
    if (this.resync?.mode === mode) {
      await this.resync.giveUp(reason);
      this.resync = undefined;
    }
    if (this.building?.runner.mode !== mode) return;
    const { runner, connector } = this.building;
    await connector.stop();
    try {
      await runner.giveUp(reason);
    } catch (error) {
      // Sealed: it was activated just before, or the services are being stopped.
      if (!this.closed && !isServerError(error, "sealed")) await this.startBuild(runner);
      throw error;
    }
    this.building = undefined;
    this.state.building = undefined;
  }

  /** Stops all loops without waiting: one of them may be what makes us close. */
  close(): void {
    this.closed = true;
    this.givenUp.close();
    for (const runner of this.live.values()) void runner.stop();
    void this.building?.connector.stop();
    this.live.clear();
  }

  private async takeUp(unfinished: BuildRunner): Promise<void> {
    const { role } = this.state.of(unfinished.mode).role;
    if (role === "secondary") this.resync = unfinished;
    else if (role === "disabled") await this.startBuild(unfinished);
    else await unfinished.giveUp("this cluster is the primary");
  }

  private start(mode: ReplicationMode, setId: string): void {
    const runner = new SecondaryRunner(this.deps, {
      mode,
      setId,
      link: () => this.linkOf(mode),
      lineage: () => this.state.lineage(mode),
      laterLineage: () => this.laterLineage(mode),
      met: (lineage) => this.met(mode, lineage),
      adopt: (lineage, cursor) => this.adopt(mode, lineage, cursor),
      streams: () => this.endResync(mode),
      isSettled: () => this.unsettled.of(mode) === undefined,
      confirmed: () => this.confirmed(mode),
      repairing: () => this.unsettled.repairing(mode),
      repaired: (cursor) => this.unsettled.settled(mode, { reached: { mode, cursor } }),
      giveUp: (mountIds) => this.givenUp.giveUp(mountIds),
      finishGivingUp: () => this.givenUp.finish(),
      addressesLearned: (addresses) => this.learn(mode, addresses),
      reconcile: (connection, syncing) => this.reconcile(mode, setId, connection, syncing),
    });
    this.live.set(mode, runner);
    runner.start();
  }

  private linkOf(mode: ReplicationMode): PrimaryLink {
    const { role } = this.state.of(mode);
    if (role.role !== "secondary" || role.link === undefined) throw new Error("this cluster follows nobody");
    return role.link;
  }

  private differs(mode: ReplicationMode, lineage: Lineage): boolean {
    return compareLineage(this.state.lineage(mode), lineage) !== "equal";
  }

  /** A DR secondary gets the history as data; a performance secondary, which has `local` keys of its own, writes it down. */
  private changedHistory(mode: ReplicationMode, lineage: Lineage): Pick<RoleChange, "lineages"> {
    return mode === "performance" && this.differs(mode, lineage) ? { lineages: { performance: lineage } } : {};
  }

  /** A diff is over. Who is promoted before the primary has welcomed us again begins with its content, and so with its history. */
  private async reached(mode: ReplicationMode, lineage: Lineage, cursor: UpstreamCursor): Promise<void> {
    await this.unsettled.settled(mode, { ...this.changedHistory(mode, lineage), reached: { mode, cursor } });
    await this.divergence.follows(mode, lineage);
  }

  private async adopt(mode: ReplicationMode, lineage: Lineage, cursor: UpstreamCursor): Promise<void> {
    const history = this.changedHistory(mode, lineage);
    if (this.differs(mode, lineage))
      await this.divergence.beforeAdopting(mode, { lineage, clusterId: cursor.clusterId });
    const guessed = this.deps.core.log.cursor(mode)?.clusterId !== cursor.clusterId;
    const change = { ...history, cursors: { [mode]: cursor }, passesGate: true };
    if (guessed) await this.unsettled.guessing(mode, change);
    else await this.deps.core.barrier.commit([], change);
    await this.divergence.follows(mode, lineage);
  }

  private async endResync(mode: ReplicationMode): Promise<void> {
    if (this.resync?.mode !== mode) return;
    await this.resync.giveUp("the stream stands without it");
    this.resync = undefined;
  }

  /**
   * Only now our history is the primary's: a DR secondary gets it as data. Before, the first entry that does not fit leads to a
   * diff, which a cluster whose history forked is not let into unless its operator chose this primary.
   */
  private async confirmed(mode: ReplicationMode): Promise<void> {
    await this.unsettled.settled(mode);
    const joined = this.linkOf(mode);
    if (!joined.rejoins) return;
    // Not waited for: a role change that is under way may wait for this very stream to end.
    const change = (link: PrimaryLink) => (link.rejoins ? { ...link, rejoins: false } : link);
    this.changeLink(mode, joined, change).catch((error: Error) => {
      this.deps.logger.log("warn", "joining was not recorded", { mode, reason: error.message });
    });
  }

  /** Undefined once its content is here, and with it its history. */
  private laterLineage(mode: ReplicationMode): Lineage | undefined {
    const { laterLineage } = this.linkOf(mode);
    const isLater = laterLineage !== undefined && compareLineage(this.state.lineage(mode), laterLineage) === "ahead";
    return isLater ? laterLineage : undefined;
  }

  /** A diff that is cut off must not send us back to the primary before it, as if that had never been replaced. */
  private met(mode: ReplicationMode, lineage: Lineage): void {
    if (compareLineage(this.laterLineage(mode) ?? this.state.lineage(mode), lineage) !== "ahead") return;
    // Not waited for, as in `confirmed`.
    this.changeLink(mode, this.linkOf(mode), (link) => ({ ...link, laterLineage: lineage })).catch((error: Error) => {
      this.deps.logger.log("warn", "a later epoch was not recorded", { mode, reason: error.message });
    });
  }

  private learn(mode: ReplicationMode, ofSet: readonly string[]): void {
    const known = this.linkOf(mode);
    // A DR secondary is among those where the primary may be later. It is not going to find it at itself.
    const addresses = ofSet.filter((address) => address !== this.deps.settings.clusterAddress);
    if (addresses.length === 0 || addresses.join() === known.knownAddresses.join()) return;
    this.changeLink(mode, known, (link) => ({ ...link, knownAddresses: addresses })).catch((error: Error) => {
      this.deps.logger.log("warn", "addresses of the primary were not stored", { mode, reason: error.message });
    });
  }

  /** Leaves a link alone that an operator has put in the place of `expected` meanwhile. */
  private changeLink(
    mode: ReplicationMode,
    expected: PrimaryLink,
    change: (link: PrimaryLink) => PrimaryLink,
  ): Promise<void> {
    const { certificate } = expected.credentials;
    return this.storeLink(mode, (link) => (link.credentials.certificate === certificate ? change(link) : link));
  }

  /** By a diff. A snapshot, which gives up what this cluster has of its own, only where no diff is possible. */
  private async reconcile(
    mode: ReplicationMode,
    setId: string,
    connection: PeerConnection,
    syncing: () => void,
  ): Promise<void> {
    if (this.resync === undefined) {
      const hindrance = await this.diff(mode, connection, syncing);
      if (hindrance === undefined) return;
      if (this.wouldEndOwnSet(mode)) {
        const way =
          "sys/replication/reindex may mend it; disabling DR replication here lets a snapshot replace everything";
        throw new Error(
          `no diff is possible (${hindrance}), and a snapshot would end this cluster's own DR set: ${way}`,
        );
      }
      this.deps.logger.log("warn", "no diff is possible, a snapshot is fetched", { mode, reason: hindrance });
    }
    syncing();
    this.resync ??= new BuildRunner(this.deps, mode, setId, this.linkOf(mode));
    this.resync.beforeActivation = (...build) => this.divergence.beforeActivation(mode, ...build);
    await this.resync.run(connection);
  }

  /** A snapshot of the performance primary has nothing of what this cluster's DR secondaries live by. */
  private wouldEndOwnSet(mode: ReplicationMode): boolean {
    return mode === "performance" && this.state.effective("dr") === "primary";
  }

  /** @returns why it cannot help; undefined: this cluster holds what it should. @throws when it is worth another attempt */
  private async diff(
    mode: ReplicationMode,
    connection: PeerConnection,
    syncing: () => void,
  ): Promise<string | undefined> {
    const { metrics, clock } = this.deps;
    const meter = new ReconciliationMeter(metrics, clock, mode);
    const reconciliation = new Reconciliation({
      mode,
      log: this.deps.core.log,
      lineage: this.state.lineage(mode),
      rejoins: this.linkOf(mode).rejoins,
      openChannel: () => connection.open(DIFF_CHANNEL),
      beforeRepair: async (other, differing) => {
        await this.divergence.beforeRepair(mode, other, differing);
        await this.unsettled.repairing(mode);
      },
      forgetOwn: (mountId) => forgetLocalData(this.deps, mountId),
      giveUp: (mountIds) => this.givenUp.giveUp(mountIds),
      reached: (lineage, cursor) => this.reached(mode, lineage, cursor),
      asked: questionTimer(metrics, clock, "asked"),
      progressed: (progress) => {
        meter.progressed(progress);
        this.diffs.set(mode, progress);
        if (progress.phase === "sync") syncing();
      },
    });
    try {
      await reconciliation.run();
      this.deps.logger.log("info", "reconciled by a diff", { mode, keys: this.diffs.get(mode)?.totalKeys ?? 0 });
      return undefined;
    } catch (error) {
      if (error instanceof LogDivergence || isServerError(error, "corrupt")) return error.message;
      throw error;
    } finally {
      meter.ended();
      this.diffs.delete(mode);
    }
  }
}
