import { encryptToPgpKey, pgpFingerprint } from "../barrier/seal/pgp";
import type { Lifecycle } from "../lifecycle/lifecycle";
import { wipeCubbyhole } from "../mounts/secrets/cubbyhole/token-view";
import { Pipeline } from "../pipeline/index";
import { IndexHeader } from "../pipeline/index-header";
import { ActivationWrapping } from "../replication/role/activation";
import { ActivationRefusals } from "../replication/role/activation-refusals";
import type { ReplicationService } from "../replication/role/replication-service";
import { ReplicationStore } from "../replication/role/replication-store";
import { unsealedMounts } from "../router/built-in-mounts";
import type { Router } from "../router/router";
import type { UnsealedCore } from "../sdk/barrier";
import { mountDataPrefix } from "../sdk/key-layout";
import type { LogEntry } from "../sdk/log";
import { PeriodicTask } from "../sdk/periodic-task";
import type { SealPort } from "../sdk/seal";
import type { CeremonyProduct, OwnedCeremony } from "../sdk/share-ceremony";
import { slowStepTold } from "../sdk/slow-step";
import { AuditService } from "../services/audit/audit-service";
import { MeteredAuditTrail } from "../services/audit/metered-trail";
import { QuorumCeremony } from "../services/ceremony/quorum-ceremony";
import { LeaseService } from "../services/lease/lease-service";
import { PolicyService } from "../services/policy/policy-service";
import { batchTokenCipher } from "../services/token/batch-token";
import { loginMounts, type TokenIndexes } from "../services/token/token-ports";
import { TokenService } from "../services/token/token-service";
import { WRAPPING_PREFIX, WrappingService } from "../services/wrapping/wrapping-service";
import { BATCH_KEY, corePolicyView, coreTokenViews } from "./core-views";
import type { Environment } from "./environment";
import { openReplication } from "./replication";
import { rootTokenProduct } from "./root-token-product";

/** Whose calls the ceremonies of share holders need. */
type ServedSeal = SealPort & Pick<Lifecycle, "shareSet" | "parseShare" | "verifyQuorum">;

const TIDY_MILLISECONDS = 60_000;

/**
 * Everything that lives while the server is unsealed: built on one core, closed before that core closes. The router is the
 * node's own and is opened and closed along with it.
 */
export class Services {
  readonly policies: PolicyService;
  readonly tokens: TokenService;
  readonly leases: LeaseService;
  readonly wrapping: ActivationWrapping;
  readonly audit: AuditService;
  readonly rootTokens: OwnedCeremony;
  private readonly ceremonies: OwnedCeremony[] = [];
  private opened: { readonly replication: ReplicationService; readonly pipeline: Pipeline } | undefined;
  private batchKey: Buffer | undefined;
  private unsubscribe = (): void => undefined;
  private readonly indexHeader: IndexHeader;
  private readonly tidy: PeriodicTask;
  private readonly stopping = new AbortController();

  private constructor(
    readonly core: UnsealedCore,
    private readonly router: Router,
    private readonly seal: ServedSeal,
    private readonly environment: Environment,
  ) {
    const { clock, random, logger, configuration } = environment;
    const { barrier } = core;
    const mayWrite = (): boolean => this.mayWriteLocal();
    this.policies = new PolicyService(corePolicyView(barrier));
    this.tokens = new TokenService({
      ...coreTokenViews(barrier),
      clock,
      random,
      logger: logger.named("token"),
      batchCipher: batchTokenCipher(() => (this.batchKey === undefined ? [] : [this.batchKey]), random),
      access: this.policies,
      mounts: loginMounts(router, router),
      indexes: this.tokenIndexes(),
      mayWrite,
    });
    this.leases = new LeaseService({
      storage: barrier.view("core/lease/", "local"),
      clock,
      random,
      logger: logger.named("lease"),
      mounts: router,
      calls: router,
      isTokenLive: (hash) => this.tokens.isLive(hash),
      revokeTokensUnder: (prefix) => this.tokens.revokeUnder(prefix),
      mayWrite,
    });
    const wrapping = new WrappingService(barrier.view(WRAPPING_PREFIX, "local"), this.tokens, clock);
    const replicationStore = new ReplicationStore(barrier);
    const refusals = new ActivationRefusals(clock, logger.named("replication"), environment.metrics);
    this.wrapping = new ActivationWrapping(wrapping, () => replicationStore.readSigningKey(), clock, refusals);
    this.audit = new AuditService({ clock, random, logger: logger.named("audit"), nodeId: configuration.nodeId });
    this.rootTokens = this.ceremony(rootTokenProduct(this.tokens, () => this.replication.state()));
    this.indexHeader = new IndexHeader(() => this.replication, random);
    this.tidy = new PeriodicTask(clock, TIDY_MILLISECONDS, () => router.tidyAll(this.stopping.signal));
  }

  /** Opens everything on the core; nothing is left open when it fails. */
  static async open(core: UnsealedCore, router: Router, seal: ServedSeal, environment: Environment): Promise<Services> {
    const services = new Services(core, router, seal, environment);
    try {
      await services.start();
      return services;
    } catch (error) {
      await services.close();
      throw error;
    }
  }

  get pipeline(): Pipeline {
    return this.running().pipeline;
  }

  get replication(): ReplicationService {
    return this.running().replication;
  }

  /** Ends requests' services in the order opposite to their start. */
  async close(): Promise<void> {
    this.stopping.abort();
    this.tidy.stop();
    this.tokens.stop();
    this.leases.stop();
    this.unsubscribe();
    for (const ceremony of this.ceremonies) ceremony.forget();
    await this.opened?.replication.close();
    await this.audit.close();
    this.indexHeader.close();
    this.router.close();
    this.forgetBatchKey();
  }

  private async start(): Promise<void> {
    const { core, router, environment } = this;
    const { barrier } = core;
    this.connectRevocation();
    this.unsubscribe = core.log.subscribe((entries) => this.follow(entries));
    await slowStepTold(environment, "open the mounts", () => router.open(barrier));
    await slowStepTold(environment, "open the audit devices", () => this.audit.open(barrier, core.identity.name));
    this.batchKey = await this.readBatchKey();
    this.opened = await this.openRequests();
    await this.indexHeader.open(barrier.view("core/", "replicated"), core.identity.id);
    this.tokens.start();
    this.leases.start();
    this.tidy.start();
    environment.logger.log("info", "unsealed", { cluster_id: core.identity.id, cluster_name: core.identity.name });
  }

  /** Replication runs requests of other clusters through the pipeline, and the pipeline asks replication for roles. */
  private async openRequests(): Promise<{ replication: ReplicationService; pipeline: Pipeline }> {
    const { core, router, environment, tokens, policies, audit, leases, wrapping, indexHeader, seal } = this;
    const { clock, random, logger } = environment;
    let pipeline: Pipeline | undefined;
    const replication = await openReplication({
      core,
      environment,
      router,
      wrapping,
      tokens,
      policies,
      leases,
      ceremony: (product) => this.ceremony(product),
      roleChanged: () => this.roleChanged(),
      forwarded: (request, signal, allowsMount) => {
        if (pipeline === undefined) throw new Error("requests are not served yet");
        return pipeline.handleForwarded(request, signal, allowsMount);
      },
    });
    pipeline = new Pipeline({
      router,
      seal,
      replication,
      tokens,
      access: policies,
      audit: new MeteredAuditTrail(audit, environment.metrics, clock),
      leases,
      wrapping,
      indexHeader,
      clock,
      random,
      logger: logger.named("request"),
      metrics: environment.metrics,
    });
    return { replication, pipeline };
  }

  /** Tokens are a cluster's own, so they count in the numbering that its DR secondaries follow. */
  private tokenIndexes(): TokenIndexes {
    const never = new AbortController().signal;
    return {
      last: () => {
        if (this.opened === undefined) return undefined;
        return { epoch: this.opened.replication.numbering("dr"), index: this.core.log.lastIndex() };
      },
      standing: async (at) => {
        const { replication } = this;
        return (await replication.waitUntilApplied("dr", at, never)) ? "held" : replication.standing("dr", at);
      },
    };
  }

  /** What a token kept and was given goes with it. */
  private connectRevocation(): void {
    const cubbyhole = unsealedMounts.find(({ type }) => type === "cubbyhole");
    if (cubbyhole === undefined) throw new Error("the cubbyhole mount is missing");
    const view = this.core.barrier.view(mountDataPrefix(cubbyhole.id), "local");
    this.tokens.addRevocationHook((hash) => this.leases.revokeByToken(hash));
    this.tokens.addRevocationHook((hash) => wipeCubbyhole(view, hash));
  }

  /** The log is the only bus: whatever keeps something in memory learns here what changed, own entries and applied ones. */
  private follow(entries: readonly LogEntry[]): void {
    this.router.onEntries(entries);
    this.audit.onEntries(entries);
    for (const entry of entries) {
      this.tokens.onEntry(entry);
      this.policies.onEntry(entry);
    }
  }

  private async readBatchKey(): Promise<Buffer | undefined> {
    const stored = await coreTokenViews(this.core.barrier).sharedStorage.get(BATCH_KEY);
    return stored === undefined ? undefined : Buffer.from(stored.value);
  }

  /** Not only zeroed: a key that everybody knows would open tokens that anybody made. */
  private forgetBatchKey(): void {
    const key = this.batchKey;
    this.batchKey = undefined;
    key?.fill(0);
  }

  private roleChanged(): void {
    this.tokens.forgetAll();
    this.policies.forget();
    for (const ceremony of this.ceremonies) ceremony.review();
  }

  /** What a quorum of the share holders makes. */
  private ceremony(product: CeremonyProduct): OwnedCeremony {
    const { seal } = this;
    const { clock, random, logger } = this.environment;
    const quorum = {
      threshold: () => seal.shareSet?.threshold,
      parse: (text: string) => seal.parseShare(text),
      verify: (shares: readonly Buffer[]) => seal.verifyQuorum(shares),
    };
    const pgp = { fingerprintOf: pgpFingerprint, encrypt: encryptToPgpKey };
    const parts = { quorum, pgp, clock, random, logger: logger.named("ceremony") };
    const ceremony = new QuorumCeremony(parts, product);
    this.ceremonies.push(ceremony);
    return ceremony;
  }

  private mayWriteLocal(): boolean {
    return this.opened !== undefined && this.opened.replication.state().dr !== "secondary";
  }

  private running(): { readonly replication: ReplicationService; readonly pipeline: Pipeline } {
    if (this.opened === undefined) throw new Error("the services are not open");
    return this.opened;
  }
}
