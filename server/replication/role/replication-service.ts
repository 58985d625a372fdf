import { ServerError } from "../../sdk/errors";
import type { JsonObject } from "../../sdk/json";
import { currentEpoch } from "../../sdk/lineage";
import type { Epoch, Lineage, ReplicationMode } from "../../sdk/log";
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
import { askDynamicFilter, DYNAMIC_FILTER_CHANNEL, filteredMounts, serveDynamicFilter } from "../filter/dynamic-filter";
import { filterAllows } from "../filter/mount-scope";
import { callPrimary, forwardRequest, type OpenChannel } from "../forward/forward-client";
import { forwardHandlers } from "../forward/forward-server";
import type { Hello } from "../stream/control-codec";
import { type Member, PrimaryHub } from "../stream/primary-hub";
import { takeUpActivation } from "./activation-takeover";
import { ClusterPort } from "./cluster-port";
import type { ReplicationDependencies } from "./dependencies";
import { Divergence } from "./divergence";
import { REVOCATIONS_CHANNEL, serveRevocations } from "./divergence-revocations";
import { Failover } from "./failover";
import { Fence } from "./fence";
import { FormerPrimaries } from "./former-primary";
import { IndexStandings } from "./index-standings";
import { LineageConfirmation } from "./lineage-confirmation";
import { Merkle } from "./merkle";
import { OperationTokens } from "./operation-tokens";
import { PrimaryAdmin } from "./primary-admin";
import { RelevantIndices } from "./relevant-index";
import { RoleChanges } from "./role-changes";
import { isFenced } from "./role-rules";
import { RoleState } from "./role-state";
import { Runners } from "./runners";
import { SecondaryAdmin } from "./secondary-admin";
import { ReplicationStatus } from "./status";
import { SynchronousDr } from "./synchronous-dr";

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
  private readonly fence: Fence;
  private readonly confirmation: LineageConfirmation;
  private readonly standings: IndexStandings;
  private readonly synchronousDr: SynchronousDr;
  private readonly formerPrimaries: FormerPrimaries;
  readonly divergence: Divergence;

  private constructor(private readonly deps: ReplicationDependencies) {
    this.roleState = new RoleState(deps);
    this.confirmation = new LineageConfirmation(deps, this.roleState);
    this.roleState.unconfirmed = (classes) => this.confirmation.refusal(classes);
    this.hub = this.createHub();
    this.port = new ClusterPort(deps, this.hub);
    this.changes = new RoleChanges(deps, this.roleState, this.hub, this.port);
    this.divergence = new Divergence(deps, this.roleState, {
      open: (mode, kind) => this.opener(mode)(kind),
      replay: { state: () => this.state(), forward: (...request) => this.forward(...request) },
    });
    const storeLink: ConstructorParameters<typeof Runners>[2] = (...change) => this.changes.storeLink(...change);
    this.runners = new Runners(deps, this.roleState, storeLink, this.divergence);
    const { roleState: state, changes, hub, port, runners } = this;
    this.primary = new PrimaryAdmin(deps, state, changes, hub, port, runners);
    this.secondary = new SecondaryAdmin(deps, state, changes, runners);
    this.failover = new Failover(deps, state, changes, hub, port, runners);
    this.merkle = new Merkle(deps);
    this.operationTokens = new OperationTokens(deps, state);
    this.synchronousDr = new SynchronousDr(deps, state, hub);
    state.withoutDr = (classes) => this.synchronousDr.refusal(classes);
    this.statusReport = new ReplicationStatus(
      deps,
      state,
      hub,
      runners,
      this.merkle,
      this.confirmation,
      this.synchronousDr,
      () => this.relevant?.[0],
    );
    this.standings = new IndexStandings(deps, state, runners);
    this.fence = new Fence(deps, state, hub, runners, this.confirmation);
    this.formerPrimaries = new FormerPrimaries(deps, state);
    changes.beforeSettling(() => this.fence.review());
    changes.beforeSettling(async () => this.confirmation.review());
    changes.beforeSettling(() => this.formerPrimaries.follow());
    changes.beforeSettling(async () => this.synchronousDr.review());
  }

  /** Takes up the stored roles. The cluster port is open and the primaries are being dialled when it resolves. */
  static async open(deps: ReplicationDependencies): Promise<ReplicationService> {
    const service = new ReplicationService(deps);
    await takeUpActivation(deps, service.roleState.store);
    await service.roleState.load();
    await service.fence.load();
    await service.synchronousDr.load();
    await service.merkle.load();
    await service.divergence.load();
    service.relevant = await RelevantIndices.open(deps.core.log);
    await service.changes.settle(service.runners);
    await service.runners.open();
    service.divergence.start();
    return service;
  }

  /** Ends everything at once; resolves when the cluster port is free. */
  async close(): Promise<void> {
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
    const mounts = side === "primary" ? await this.filteredMounts(id) : await this.askFilteredMounts(id);
    return mounts === undefined ? undefined : { mounts, namespaces: [] };
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
    this.runners.of(mode)?.kick();
    this.runners.buildConnection()?.kick();
    return Promise.resolve([]);
  }

  async requireDrOperationToken(token: Buffer, path: string): Promise<void> {
    if (this.roleState.effective("dr") !== "secondary") {
      throw new ServerError("invalid_request", "this cluster is not a DR secondary");
    }
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
    const epoch = this.epoch(mode);
    return { ...(await forwardRequest(this.opener(mode), mode, epoch, request, signal)), epoch };
  }

  callPrimary(mountId: string, name: string, payload: JsonObject): Promise<JsonObject> {
    if (this.roleState.effective("performance") !== "secondary")
      return this.deps.runPrimaryCall(mountId, name, payload);
    const never = new AbortController().signal;
    return callPrimary(this.opener("performance"), this.epoch("performance"), mountId, name, payload, never);
  }

  standing(mode: ReplicationMode, at: EpochIndex): IndexStanding {
    return this.standings.standing(mode, at);
  }

  waitUntilApplied(mode: ReplicationMode, at: EpochIndex, signal: AbortSignal): Promise<boolean> {
    return this.standings.wait(mode, at, signal);
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

  private epoch(mode: ReplicationMode) {
    return currentEpoch(this.roleState.lineage(mode));
  }

  private opener(mode: ReplicationMode): OpenChannel {
    return async (kind) => {
      const runner = this.runners.of(mode);
      if (runner === undefined) throw new TransportClosed("this cluster follows no primary");
      return await runner.open(kind);
    };
  }

  /** What a call has used up is answered for as a client's write is. */
  private async runPrimaryCall(mountId: string, name: string, payload: JsonObject): Promise<JsonObject> {
    const before = this.lastIndex();
    const answer = await this.deps.runPrimaryCall(mountId, name, payload);
    if (this.lastIndex() !== before) await this.confirmDurable(this.lastIndex());
    return answer;
  }

  private async filteredMounts(id: string): Promise<readonly string[] | undefined> {
    const { members, filters } = this.roleState.of("performance");
    if (this.roleState.effective("performance") !== "primary" || !members.has(id)) return undefined;
    return await filteredMounts(this.deps.core.log, this.deps.mountPathOf, filters.get(id)?.filter);
  }

  private async askFilteredMounts(id: string): Promise<readonly string[] | undefined> {
    const { role } = this.roleState.of("performance");
    const own = role.role === "secondary" && role.link?.secondaryId === id;
    if (!own || this.roleState.effective("performance") !== "secondary") return undefined;
    try {
      return await askDynamicFilter(await this.opener("performance")(DYNAMIC_FILTER_CHANNEL));
    } catch (cause) {
      throw new ServerError("primary_unreachable", { cause });
    }
  }

  private createHub(): PrimaryHub {
    const { core, clock, logger, metrics, settings, forwarded } = this.deps;
    const lineage = (mode: ReplicationMode): Lineage => this.roleState.lineage(mode);
    return new PrimaryHub({
      log: core.log,
      generations: core.generations,
      clock,
      logger,
      metrics,
      limits: settings.stream,
      apiAddress: settings.apiAddress,
      roles: {
        credentialsOf: (setId) => this.roleState.credentialsOf(setId),
        memberOf: (peer) => this.roleState.memberOf(peer),
        scopeOf: (mode, id) => this.roleState.scopeOf(mode, id),
        wasFiltered: (mode, id) => this.roleState.wasFiltered(mode, id),
        lineage,
        clusterAddresses: () => this.failoverAddresses(),
        isFenced: (mode) => isFenced(this.roleState.holds, mode),
        newerLineageSeen: (mode, newer) => this.fence.learn(mode, newer),
        memberFollows: (member, hello, saidAfter) => this.memberFollows(member, hello, saidAfter),
        memberAgrees: ({ mode }, saidAfter) => this.confirmation.confirm(mode, saidAfter),
      },
      handlers: new Map([
        ...forwardHandlers({
          forwarded,
          runPrimaryCall: (mountId, name, payload) => this.runPrimaryCall(mountId, name, payload),
          allowsMount: (member, mountPath) => this.allowsMount(member, mountPath),
          mountPathOf: this.deps.mountPathOf,
          lineage,
          refused: (member, reason, detail) => this.hub.refusedMember(member, reason, detail),
        }),
        [
          DYNAMIC_FILTER_CHANNEL,
          async (channel: FrameChannel, member: Member) =>
            serveDynamicFilter(channel, (await this.filteredMounts(member.id)) ?? []),
        ],
        [
          REVOCATIONS_CHANNEL,
          (channel: FrameChannel, member: Member) =>
            serveRevocations(channel, member, this.deps.meanings, (path) => this.allowsMount(member, path)),
        ],
      ]),
    });
  }

  private allowsMount({ mode, id }: Member, mountPath: string): boolean {
    const filter = mode === "dr" ? undefined : this.roleState.of(mode).filters.get(id)?.filter;
    return filter === undefined || filterAllows(filter, mountPath);
  }

  /** Where secondaries find this set's primary, now and after a failover: here, and at our DR secondaries. */
  private failoverAddresses(): readonly string[] {
    const members = [...this.roleState.of("dr").members.values()];
    const standing = members.filter((member) => !member.revoked && member.clusterAddress !== "");
    return [this.deps.settings.clusterAddress, ...standing.map((member) => member.clusterAddress)];
  }

  private async memberFollows(member: Member, hello: Hello, saidAfterMilliseconds: number): Promise<void> {
    this.confirmation.confirm(member.mode, saidAfterMilliseconds);
    await this.changes.recordFollowing(member);
    this.changes.rememberAddress(member, hello.clusterAddress);
    void this.formerPrimaries.met(member.mode, hello.clusterId).catch(() => undefined);
  }
}
