import { ServerError } from "../../sdk/errors";
import type { JsonObject } from "../../sdk/json";
import { currentEpoch } from "../../sdk/lineage";
import type { Epoch, ReplicationMode } from "../../sdk/log";
import type { ResponseData, WrapInfo } from "../../sdk/outcome";
import type {
  EpochIndex,
  ForwardedRequest,
  ForwardResult,
  IndexStanding,
  ReplicationPort,
  ReplicationState,
} from "../../sdk/replication";
import type {
  DemoteRequest,
  DynamicFilter,
  EnablePrimaryRequest,
  EnableSecondaryRequest,
  PathsFilter,
  PromoteRequest,
  ReplicationAdmin,
  ReplicationHealth,
  SecondaryTokenRequest,
  UpdatePrimaryRequest,
} from "../../sdk/replication-admin";
import { type FrameChannel, TransportClosed } from "../../sdk/transport";
import { DYNAMIC_FILTER_CHANNEL, serveDynamicFilter } from "../filter/dynamic-filter";
import { forwardRequest, type OpenChannel } from "../forward/forward-client";
import { forwardMetrics, timed } from "../forward/forward-metrics";
import { forwardHandlers } from "../forward/forward-server";
import { type Member, PrimaryHub } from "../stream/primary-hub";
import { takeUpActivation } from "./activation-takeover";
import { ClusterPort } from "./cluster-port";
import type { ReplicationDependencies } from "./dependencies";
import { Divergence } from "./divergence";
import { REVOCATIONS_CHANNEL } from "./divergence-revocations";
import { DynamicFilters } from "./dynamic-filters";
import { Failover } from "./failover";
import { FailoverPlan } from "./failover-plan";
import { Fence } from "./fence";
import { FormerPrimaries } from "./former-primary";
import { IndexStandings } from "./index-standings";
import { LineageConfirmation } from "./lineage-confirmation";
import { LineageConflicts } from "./lineage-conflicts";
import { Merkle } from "./merkle";
import { isDrSecondary, OperationTokens } from "./operation-tokens";
import { PrimaryAdmin } from "./primary-admin";
import { PrimaryCalls } from "./primary-calls";
import { RelevantIndices } from "./relevant-index";
import { ReplicationGauges } from "./replication-gauges";
import { RoleChanges } from "./role-changes";
import { RoleState } from "./role-state";
import { Runners } from "./runners";
import { SecondaryAdmin } from "./secondary-admin";
import { SetMembers } from "./set-members";
import { ReplicationStatus } from "./status";
import { SynchronousDr } from "./synchronous-dr";
import { UnsettledContent } from "./unsettled-content";

/** Replication of one unsealed cluster: lives as long as the core that it was opened on. */
export class ReplicationService implements ReplicationAdmin, ReplicationPort {
  private readonly roleState: RoleState;
  private readonly hub: PrimaryHub;
  private readonly port: ClusterPort;
  private readonly changes: RoleChanges;
  private readonly runners: Runners;
  private readonly primary: PrimaryAdmin;
  private readonly secondary: SecondaryAdmin;
  private readonly failover: Failover;
  private readonly statusReport: ReplicationStatus;
  private readonly merkle: Merkle;
  private readonly operationTokens: OperationTokens;
  private relevant: readonly [RelevantIndices, () => void] | undefined;
  private gauges: ReplicationGauges | undefined;
  private readonly fence: Fence;
  private readonly confirmation: LineageConfirmation;
  private readonly conflicts: LineageConflicts;
  private readonly members: SetMembers;
  private readonly dynamicFilters: DynamicFilters;
  private readonly unsettled: UnsettledContent;
  private readonly standings: IndexStandings;
  private readonly synchronousDr: SynchronousDr;
  private readonly primaryCalls: PrimaryCalls;
  private readonly formerPrimaries: FormerPrimaries;
  readonly divergence: Divergence;
  private readonly plan: FailoverPlan;

  private constructor(private readonly deps: ReplicationDependencies) {
    this.roleState = new RoleState(deps);
    this.confirmation = new LineageConfirmation(deps, this.roleState);
    this.roleState.unconfirmed = (classes) => this.confirmation.refusal(classes);
    this.conflicts = new LineageConflicts(deps, this.roleState);
    this.members = new SetMembers(deps, this.roleState, this.confirmation, this.conflicts);
    this.dynamicFilters = new DynamicFilters(deps, this.roleState, (kind) => this.opener("performance")(kind));
    this.hub = this.createHub();
    this.port = new ClusterPort(deps, this.hub);
    this.changes = new RoleChanges(deps, this.roleState, this.hub, this.port);
    this.divergence = new Divergence(deps, this.roleState, {
      open: (mode, kind) => this.opener(mode)(kind),
      confirmed: async () => this.synchronousDr.confirm(this.lastIndex()),
      replay: { state: () => this.state(), forward: (...request) => this.forward(...request) },
    });
    const storeLink: ConstructorParameters<typeof Runners>[2] = (...change) => this.changes.storeLink(...change);
    this.unsettled = new UnsettledContent(deps, this.roleState);
    this.runners = new Runners(deps, this.roleState, storeLink, this.divergence, this.unsettled);
    const { roleState: state, changes, hub, port, runners } = this;
    this.primary = new PrimaryAdmin(deps, state, changes, hub, port, runners);
    this.secondary = new SecondaryAdmin(deps, state, changes, runners, this.unsettled);
    this.failover = new Failover(deps, state, changes, hub, port, runners, this.unsettled);
    this.merkle = new Merkle(deps);
    this.operationTokens = new OperationTokens(deps, state);
    this.synchronousDr = new SynchronousDr(deps, state, hub);
    state.withoutDr = (classes) => this.synchronousDr.refusal(classes);
    this.primaryCalls = new PrimaryCalls(deps, state, this.opener("performance"), this.synchronousDr);
    this.statusReport = new ReplicationStatus(
      deps,
      state,
      hub,
      runners,
      this.merkle,
      this.confirmation,
      this.conflicts,
      this.unsettled,
      this.synchronousDr,
      () => this.relevant?.[0],
    );
    this.standings = new IndexStandings(deps, state, runners, this.unsettled);
    this.fence = new Fence(deps, state, hub, runners, this.confirmation);
    const { fence, conflicts } = this;
    this.formerPrimaries = new FormerPrimaries(deps, state, fence, conflicts);
    this.members.tell({ changes, fence, formerPrimaries: this.formerPrimaries });
    changes.readBeside(() => this.unsettled.load());
    changes.beforeSettling(() => this.fence.review());
    changes.beforeSettling(async () => this.confirmation.review());
    changes.beforeSettling(() => conflicts.review());
    changes.beforeSettling(() => this.formerPrimaries.follow());
    changes.beforeSettling(() => this.divergence.review());
    this.plan = new FailoverPlan(deps, state, hub, runners, this.unsettled);
    changes.beforeSettling(async () => this.synchronousDr.review());
  }

  /** Takes up the stored roles. The cluster port is open and the primaries are being dialled when it resolves. */
  static async open(deps: ReplicationDependencies): Promise<ReplicationService> {
    const service = new ReplicationService(deps);
    try {
      await service.start();
    } catch (error) {
      await service.close();
      throw error;
    }
    return service;
  }

  private async start(): Promise<void> {
    const { deps, roleState: state, hub, runners, confirmation, divergence } = this;
    await takeUpActivation(deps, state.store);
    await state.load();
    await this.fence.load();
    await this.unsettled.load();
    await this.conflicts.load();
    await this.synchronousDr.load();
    await this.merkle.load();
    await divergence.load();
    this.relevant = await RelevantIndices.open(deps.core.log);
    await this.changes.takeUp(runners);
    await runners.open();
    divergence.start();
    const relevant = (): RelevantIndices | undefined => this.relevant?.[0];
    this.gauges = new ReplicationGauges(deps, { state, hub, runners, confirmation, divergence, relevant });
  }

  /** Ends everything at once; resolves when the cluster port is free. */
  async close(): Promise<void> {
    this.gauges?.close();
    this.changes.close();
    this.relevant?.[1]();
    this.formerPrimaries.close();
    this.confirmation.close();
    this.synchronousDr.close();
    this.divergence.close();
    this.runners.close();
    await this.port.close();
  }

  // ReplicationAdmin

  status(mode: ReplicationMode): ResponseData {
    const status = this.statusReport.of(mode);
    const reports = this.divergence.count(mode);
    return status.mode === "disabled" && reports === 0 ? status : { ...status, divergence_reports: reports };
  }

  failoverPlan(mode: ReplicationMode): Promise<ResponseData> {
    return this.plan.of(mode);
  }

  enablePrimary(mode: ReplicationMode, request: EnablePrimaryRequest): Promise<readonly string[]> {
    return this.primary.enable(mode, request);
  }

  demotePrimary(mode: ReplicationMode, request: DemoteRequest): Promise<readonly string[]> {
    return this.failover.demote(mode, request);
  }

  disablePrimary(mode: ReplicationMode): Promise<readonly string[]> {
    return this.primary.disable(mode);
  }

  issueSecondaryToken(mode: ReplicationMode, request: SecondaryTokenRequest): Promise<WrapInfo> {
    return this.primary.issueToken(mode, request);
  }

  issueSealedSecondaryToken(mode: ReplicationMode, request: SecondaryTokenRequest, publicKey: string): Promise<string> {
    return this.primary.issueSealedToken(mode, request, publicKey);
  }

  secondaryTokenWarnings(mode: ReplicationMode, isSealed: boolean): readonly string[] {
    return this.primary.tokenWarnings(mode, isSealed);
  }

  revokeSecondary(mode: ReplicationMode, id: string): Promise<readonly string[]> {
    return this.primary.revoke(mode, id);
  }

  writePathsFilter(id: string, filter: PathsFilter): Promise<void> {
    return this.primary.writeFilter(id, filter);
  }

  deletePathsFilter(id: string): Promise<void> {
    return this.primary.writeFilter(id, undefined);
  }

  readPathsFilter(id: string): Promise<PathsFilter | undefined> {
    const isPrimary = this.roleState.effective("performance") === "primary";
    return Promise.resolve(isPrimary ? this.roleState.of("performance").filters.get(id)?.filter : undefined);
  }

  async readDynamicFilter(side: "primary" | "secondary", id: string): Promise<DynamicFilter | undefined> {
    return await this.dynamicFilters.read(side, id);
  }

  generatePublicKey(mode: ReplicationMode): Promise<string> {
    return this.secondary.generatePublicKey(mode);
  }

  enableSecondary(mode: ReplicationMode, request: EnableSecondaryRequest): Promise<readonly string[]> {
    return this.secondary.enable(mode, request);
  }

  promoteSecondary(mode: ReplicationMode, request: PromoteRequest): Promise<readonly string[]> {
    return this.failover.promote(mode, request);
  }

  disableSecondary(mode: ReplicationMode): Promise<readonly string[]> {
    return this.secondary.disable(mode);
  }

  updatePrimary(mode: ReplicationMode, request: UpdatePrimaryRequest): Promise<readonly string[]> {
    return this.secondary.updatePrimary(mode, request);
  }

  merkleCheck(): Promise<ResponseData> {
    return this.merkle.check();
  }

  reindex(): Promise<readonly string[]> {
    return this.merkle.reindex();
  }

  overrideFence(mode: ReplicationMode): Promise<readonly string[]> {
    return this.fence.override(mode, this.changes);
  }

  recover(mode: ReplicationMode): Promise<readonly string[]> {
    const build = this.roleState.building === mode ? this.runners.buildConnection() : undefined;
    const waiting = [this.runners.of(mode), build].filter((one) => one !== undefined);
    for (const one of waiting) one.kick();
    return Promise.resolve(waiting.length === 0 ? [] : [`The ${mode} replication client connects again at once.`]);
  }

  async requireDrOperationToken(token: Buffer, path: string): Promise<void> {
    // One that is being made a secondary answers with its own tokens still.
    if (!isDrSecondary(this.roleState)) throw new ServerError("invalid_request", "this cluster is not a DR secondary");
    if (await this.operationTokens.accepts(token)) return;
    if (!(await this.deps.checkOperationToken(token, path))) throw new ServerError("permission_denied");
  }

  get drOperationTokens(): OperationTokens {
    return this.operationTokens;
  }

  // ReplicationPort

  state(): ReplicationState {
    return { performance: this.roleState.effective("performance"), dr: this.roleState.effective("dr") };
  }

  drClientRequests(): "forward" | "refuse" {
    return this.deps.settings.drClientRequests;
  }

  async forward(mode: ReplicationMode, request: ForwardedRequest, signal: AbortSignal): Promise<ForwardResult> {
    const epoch = currentEpoch(this.roleState.lineage(mode));
    const run = () => forwardRequest(this.opener(mode), mode, epoch, request, signal);
    return { ...(await timed(this.deps, forwardMetrics.forward, run)), epoch };
  }

  callPrimary(mountId: string, name: string, payload: JsonObject): Promise<JsonObject> {
    return this.primaryCalls.call(mountId, name, payload);
  }

  calledIndex(): EpochIndex | undefined {
    return this.primaryCalls.latest;
  }

  standing(mode: ReplicationMode, at: EpochIndex): IndexStanding {
    return this.standings.standing(mode, at);
  }

  waitUntilApplied(mode: ReplicationMode, at: EpochIndex, signal: AbortSignal): Promise<boolean> {
    return timed(this.deps, forwardMetrics.consistencyWait, () => this.standings.wait(mode, at, signal));
  }

  numbering(mode: ReplicationMode): Epoch {
    return this.standings.numbering(mode);
  }

  origin(mode: ReplicationMode): string {
    return this.standings.origin(mode);
  }

  lastIndex(): number {
    return this.deps.core.log.lastIndex();
  }

  sharedIndex(): number {
    return this.relevant?.[0].of("performance") ?? this.lastIndex();
  }

  confirmDurable(index: number): Promise<void> | undefined {
    return this.synchronousDr.confirm(index);
  }

  /** Ages and skews for sys/health on a secondary; undefined elsewhere. Milliseconds. */
  healthFacts(): ReplicationHealth | undefined {
    const runner = this.runners.of("performance") ?? this.runners.of("dr");
    const peer = runner?.peer();
    if (runner === undefined || peer === undefined) return undefined;
    return {
      echoDurationMilliseconds: peer.roundTripMilliseconds,
      clockSkewMilliseconds: peer.clockSkewMilliseconds,
      canaryAgeMilliseconds: runner.canaryAgeMilliseconds() ?? 0,
    };
  }

  private opener(mode: ReplicationMode): OpenChannel {
    return async (kind) => {
      const runner = this.runners.of(mode);
      if (runner === undefined) throw new TransportClosed("this cluster follows no primary");
      return await runner.open(kind);
    };
  }

  private createHub(): PrimaryHub {
    const { core, clock, logger, metrics, settings, forwarded } = this.deps;
    return new PrimaryHub({
      log: core.log,
      generations: core.generations,
      clock,
      logger,
      metrics,
      limits: settings.stream,
      apiAddress: settings.apiAddress,
      roles: this.members,
      handlers: new Map([
        ...forwardHandlers({
          forwarded,
          runPrimaryCall: (mountId, name, payload) => this.primaryCalls.run(mountId, name, payload),
          sharedIndex: () => this.sharedIndex(),
          allowsMount: (member, mountPath) => this.members.allowsMount(member, mountPath),
          mountPathOf: this.deps.mountPathOf,
          lineage: (mode) => this.roleState.lineage(mode),
          refused: (member, reason, detail) => this.hub.refusedMember(member, reason, detail),
        }),
        [
          DYNAMIC_FILTER_CHANNEL,
          async (channel: FrameChannel, member: Member) =>
            serveDynamicFilter(channel, (await this.dynamicFilters.ofMember(member.id)) ?? []),
        ],
        [
          REVOCATIONS_CHANNEL,
          (channel: FrameChannel, member: Member) =>
            this.divergence.serve(channel, member, (path) => this.members.allowsMount(member, path)),
        ],
      ]),
    });
  }
}
