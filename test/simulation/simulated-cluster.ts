import { staticSeal } from "../../server/barrier/seal/static";
import { type Lifecycle, openLifecycle } from "../../server/lifecycle/lifecycle";
import { readMeta } from "../../server/lifecycle/meta-store";
import type { LogLimits } from "../../server/replication/log/log-limits";
import { ActivationWrapping } from "../../server/replication/role/activation";
import { ActivationRefusals } from "../../server/replication/role/activation-refusals";
import { ReplicationService } from "../../server/replication/role/replication-service";
import { ReplicationStore } from "../../server/replication/role/replication-store";
import type { SynchronousDrSettings } from "../../server/replication/role/synchronous-dr";
import { DEFAULT_STREAM_LIMITS, type StreamLimits } from "../../server/replication/stream/limits";
import type { UnsealedCore } from "../../server/sdk/barrier";
import { isServerError, ServerError } from "../../server/sdk/errors";
import { stringifyJson } from "../../server/sdk/json";
import { JsonReader } from "../../server/sdk/json-reader";
import type { KeyClass, ReplicationMode } from "../../server/sdk/log";
import type { Logger } from "../../server/sdk/logger";
import type { ForwardedAnswer, ForwardedRequest } from "../../server/sdk/replication";
import type { CommitBatch } from "../../server/sdk/storage";
import { noMetrics } from "../../server/sdk/testing/no-metrics";
import type { WrappingPort } from "../../server/sdk/wrapping";
import { ceremonyWithoutShareHolders } from "../../server/services/ceremony/testing/no-share-holders";
import { MemoryDisk } from "../../server/storage/memory/disk";
import type { Coverage } from "./coverage";
import { ClusterHistory, contentOf } from "./history";
import { observedBarrier, type RoleCommit } from "./observed-barrier";
import type { Scheduler } from "./scheduler";
import { SeededRandom } from "./seeded-random";
import { simulatedCertificates } from "./simulated-certificates";
import { SimulatedClock } from "./simulated-clock";
import { SimulatedGauges } from "./simulated-gauges";
import { SimulatedMounts } from "./simulated-mounts";
import type { NetworkHost, SimulatedNetwork } from "./simulated-network";
import { type CommitMoment, type DiskTrouble, HEALTHY_DISK, openSimulatedStorage } from "./simulated-storage";
import { SimulatedWrapping } from "./simulated-wrapping";
import { LEASE_MILLISECONDS } from "./successions";

/** What all clusters of a simulation share. */
export interface SimulatedWorld {
  readonly seed: number;
  readonly network: SimulatedNetwork;
  readonly retentionBytes: number;
  readonly logLimits: LogLimits;
  readonly limits: Partial<StreamLimits>;
  readonly acknowledgesEarly: boolean;
  /** What the clusters of the site do where no DR secondary keeps up. */
  synchronousDrOf(cluster: string): SynchronousDrSettings["mode"];
  /** Calls another cluster's API, as the network allows. */
  unwrapAt(from: SimulatedCluster, address: string, token: string): Promise<{ status: number; body: Buffer }>;
  /** The cluster acknowledges what it wrote at the index of its log. */
  acknowledged(cluster: SimulatedCluster, index: number): void;
  /** The services were opened on a core: first time, after a restart, on a new generation. */
  opened(cluster: SimulatedCluster): void;
  /** A role change is about to be committed. */
  roleCommit(cluster: SimulatedCluster, change: RoleCommit): void;
  logged(cluster: SimulatedCluster, line: string): void;
  /** A fault had an effect on something that runs: by its name in the coverage. */
  felt(effect: string): void;
  readonly coverage: Pick<Coverage, "count">;
}

/** One run of the process of a cluster, from its start to its crash. */
class Incarnation implements NetworkHost {
  alive = true;
  pausedUntilMilliseconds = 0;
  constructor(
    readonly name: string,
    readonly number: number,
    readonly sinceMilliseconds: number,
  ) {}
}

/** One cluster: the production code of lifecycle, barrier, log and replication over simulated ports. */
export class SimulatedCluster {
  readonly disk = new MemoryDisk();
  /** By cluster id: what the log held. */
  history = new ClusterHistory();
  trouble: DiskTrouble = { ...HEALTHY_DISK };
  skewMilliseconds = 0;
  /** Set to have the process die at its next commit. */
  crashAtCommit: CommitMoment | undefined;
  /** When its disk last reported an error for a commit that was durable: its memory is behind until it was cleared up. */
  ambiguousAtMilliseconds = Number.NEGATIVE_INFINITY;
  /** How many values its disk has given out with bits flipped. */
  alteredReads = 0;
  private readonly undurable: CommitBatch[] = [];
  generation = "";
  openings = 0;
  host = new Incarnation("", 0, 0);
  /** Of the services that were opened last. */
  gauges = new SimulatedGauges();
  lifecycle: Lifecycle | undefined;
  private service: ReplicationService | undefined;
  private wrapping: WrappingPort | undefined;
  private core_: UnsealedCore | undefined;
  private openMounts: SimulatedMounts | undefined;

  constructor(
    readonly world: SimulatedWorld,
    readonly name: string,
    readonly port: number,
    private readonly onCrashed: (cluster: SimulatedCluster) => void,
  ) {
    this.host.alive = false;
  }

  /** The core in use; undefined while it is down, sealed or between two generations. */
  get core(): UnsealedCore | undefined {
    return this.host.alive && this.lifecycle?.core !== undefined ? this.core_ : undefined;
  }

  get clusterId(): string | undefined {
    return this.core_?.identity.id;
  }

  get replication(): ReplicationService | undefined {
    return this.core === undefined ? undefined : this.service;
  }

  /** Undefined while it is down or sealed. */
  get mounts(): SimulatedMounts | undefined {
    return this.core === undefined ? undefined : this.openMounts;
  }

  /** @throws ServerError `sealed` */
  requireMounts(): SimulatedMounts {
    const { mounts } = this;
    if (mounts === undefined) throw new ServerError("sealed");
    return mounts;
  }

  /** @throws ServerError `sealed` */
  requireReplication(): ReplicationService {
    const { replication } = this;
    if (replication === undefined) throw new ServerError("sealed");
    return replication;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  status(mode: ReplicationMode): Readonly<Record<string, unknown>> {
    return { ...this.replication?.status(mode) };
  }

  isStreaming(mode: ReplicationMode): boolean {
    // A status costs much where nobody asks for most of it.
    return this.replication?.state()[mode] === "secondary" && this.status(mode).state === "stream-wals";
  }

  /** Starts the process. @throws why it could not start */
  async start(): Promise<void> {
    const { network, seed, acknowledgesEarly, retentionBytes, logLimits } = this.world;
    const { scheduler } = network;
    const host = new Incarnation(this.name, this.host.number + 1, scheduler.nowMilliseconds);
    this.host = host;
    const random = new SeededRandom(seed, this.name, host.number);
    const clock = new SimulatedClock(scheduler, host, () => this.skewMilliseconds);
    const storage = await openSimulatedStorage({
      scheduler,
      owner: host,
      random: new SeededRandom(seed, this.name, host.number, "storage"),
      disk: this.disk,
      trouble: () => this.trouble,
      atCommit: (moment) => this.mayDie(host, moment),
      ambiguous: () => {
        this.ambiguousAtMilliseconds = scheduler.nowMilliseconds;
      },
      felt: (effect) => this.world.felt(effect),
      altered: () => {
        this.alteredReads += 1;
      },
      reached: (what) => this.world.coverage.count(what),
      undurable: acknowledgesEarly ? this.undurable : undefined,
    });
    const lifecycle = await openLifecycle({
      storage,
      clock,
      random,
      clusterName: this.name,
      retentionBytes,
      logLimits,
      sealKind: staticSeal({ currentKeyId: "k1", currentKey: Buffer.alloc(32, 1), random }),
      logger: this.logger("lifecycle"),
      version: "1.0.0",
      buildDate: "2026-01-01T00:00:00Z",
      storageType: "memory",
      hooks: {
        onInitialized: async () => ({ rootToken: "hvs.root" }),
        onUnsealed: async (core) => {
          const meta = await readMeta(storage);
          this.generation = meta?.generation ?? "";
          return await this.openServices(core, clock, random);
        },
      },
    });
    this.lifecycle = lifecycle;
    if (lifecycle.isInitialized()) await lifecycle.autoUnseal();
    else await lifecycle.initialize(INITIALIZE);
  }

  /** The process is gone: nothing of it answers any more, and of its unsynced commits only the first few are durable. */
  crash(survivors: number, silently: boolean): void {
    if (!this.host.alive) return;
    this.host.alive = false;
    this.lifecycle = undefined;
    this.crashAtCommit = undefined;
    this.disk.crash(survivors);
    for (const undo of this.undurable.splice(0).slice(-3).reverse()) this.disk.apply(undo);
    this.world.network.died(this.host, silently);
    this.onCrashed(this);
  }

  /** Ends the process in order. */
  async stop(): Promise<void> {
    const { lifecycle, host } = this;
    await lifecycle?.close();
    if (host === this.host) this.crash(0, false);
  }

  /** An operator seals it, and unseals it after a while. */
  async sealFor(milliseconds: number, scheduler: Scheduler): Promise<void> {
    const { lifecycle } = this;
    await lifecycle?.seal().catch(() => undefined);
    await scheduler.sleep(milliseconds);
    // One that crashed meanwhile is opened by whoever starts it.
    if (lifecycle === this.lifecycle) await lifecycle?.autoUnseal().catch(() => this.crash(0, false));
  }

  pauseFor(milliseconds: number): void {
    this.host.pausedUntilMilliseconds = this.world.network.scheduler.nowMilliseconds + milliseconds;
  }

  async unwrapHere(token: string): Promise<{ status: number; body: Buffer }> {
    try {
      if (this.wrapping === undefined || this.core === undefined) throw new ServerError("sealed");
      return { status: 200, body: (await this.wrapping.unwrap(token)).body };
    } catch (error) {
      const text = isServerError(error) ? error.publicText : "internal error";
      const body = Buffer.from(stringifyJson({ errors: [text] }));
      return { status: isServerError(error) ? error.status : 500, body };
    }
  }

  /** @throws ServerError */
  async put(keyClass: KeyClass, key: string, value: string | undefined): Promise<number> {
    const view = this.usableCore().barrier.view("", keyClass);
    const operation = value === undefined ? view.delete(key) : view.put(key, Buffer.from(value));
    const { replication } = this;
    const { index } = await view.commit([operation]);
    // The last stage of the pipeline waits like this before it answers; its services are those that the request came to.
    await replication?.confirmDurable(index);
    this.world.acknowledged(this, index);
    return index;
  }

  /** @throws ServerError */
  async get(keyClass: KeyClass, key: string): Promise<string | undefined> {
    return (await this.usableCore().barrier.view("", keyClass).get(key))?.value.toString();
  }

  /** The core that the services run on, also while they are being opened. @throws `sealed` */
  requireCore(): UnsealedCore {
    if (this.core_ === undefined || !this.host.alive) throw new ServerError("sealed");
    return this.core_;
  }

  private usableCore(): UnsealedCore {
    if (this.core === undefined) throw new ServerError("sealed");
    return this.core;
  }

  private mayDie(host: Incarnation, moment: CommitMoment): void {
    if (this.crashAtCommit !== moment || host !== this.host) return;
    this.world.felt(`processes killed ${moment} a commit was durable`);
    // Of a group that was not told to be durable some commits may be.
    this.crash(moment === "before" ? this.host.number % 3 : 0, this.host.number % 2 === 0);
  }

  private async openServices(
    core: UnsealedCore,
    clock: SimulatedClock,
    random: SeededRandom,
  ): Promise<() => Promise<void>> {
    const { log } = core;
    this.core_ = core;
    this.history.opened(log.lastIndex(), contentOf(this.disk, this.generation));
    log.subscribe((entries) => {
      for (const entry of entries) this.history.published(entry);
    });
    this.world.opened(this);
    const barrier = observedBarrier(core, (change) => this.world.roleCommit(this, change));
    const store = new ReplicationStore(core.barrier);
    this.wrapping = new ActivationWrapping(
      new SimulatedWrapping(core, clock, random),
      () => store.readSigningKey(),
      clock,
      new ActivationRefusals(clock, this.logger("replication"), noMetrics),
    );
    const mounts = new SimulatedMounts({ core, clock, random, replication: () => this.requireReplication() });
    this.gauges = new SimulatedGauges();
    const synchronousDr = this.world.synchronousDrOf(this.name);
    const service = await ReplicationService.open({
      core: { ...core, barrier },
      transport: this.world.network.transportOf(this.host),
      certificates: simulatedCertificates(random),
      api: { unwrap: (address, token) => this.world.unwrapAt(this, address, token) },
      clock,
      random,
      logger: this.logger("replication"),
      metrics: this.gauges,
      wrapping: this.wrapping,
      mountPathOf: async (mountId) => {
        const entry = await core.barrier.view("mounts/", "replicated").get(mountId);
        return entry === undefined ? undefined : JsonReader.parse(entry.value).text("path");
      },
      forwarded: (request) => this.runForwarded(request),
      runPrimaryCall: (mountId, name, payload) => mounts.runPrimaryCall(mountId, name, payload),
      ceremony: ceremonyWithoutShareHolders,
      checkOperationToken: async () => false,
      roleChanged: () => undefined,
      settings: {
        apiAddress: `https://${this.name}:8200`,
        clusterAddress: `https://${this.address}`,
        listenHost: "127.0.0.1",
        listenPort: this.port,
        drClientRequests: "forward",
        consistencyWaitMilliseconds: 2_000,
        drainMilliseconds: 5_000,
        fencing: { mode: "lease", leaseMilliseconds: LEASE_MILLISECONDS },
        synchronousDr: { mode: synchronousDr, timeoutMilliseconds: SYNCHRONOUS_DR_MILLISECONDS[synchronousDr] },
        stream: { ...DEFAULT_STREAM_LIMITS, ...this.world.limits },
      },
    });
    this.service = service;
    this.openMounts = mounts;
    this.openings += 1;
    return () => service.close();
  }

  /** A forwarded request writes its body under its path, and the answer says where that was. */
  private async runForwarded(request: ForwardedRequest): Promise<ForwardedAnswer> {
    const index = await this.put("replicated", request.path, request.body.toString());
    return { status: 200, headers: [], body: Buffer.from(this.name), index };
  }

  private logger(room: string): Logger {
    return {
      log: (level, message, facts) =>
        this.world.logged(this, `${this.name} ${level} ${room} ${message} ${JSON.stringify(facts ?? {})}`),
      named: (name) => this.logger(name),
    };
  }
}

/** How long an acknowledgement waits: where it is given all the same then, clients shall not wait long for many. */
const SYNCHRONOUS_DR_MILLISECONDS = { off: 2_000, block: 2_000, degrade: 1_000 } as const;

const INITIALIZE = {
  secretShares: undefined,
  secretThreshold: undefined,
  recoveryShares: 1,
  recoveryThreshold: 1,
  pgpKeys: [],
  recoveryPgpKeys: [],
  rootTokenPgpKey: undefined,
  recipient: undefined,
} as const;
