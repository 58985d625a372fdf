import type { LogLimits } from "../../server/replication/log/log-limits";
import type { SynchronousDrSettings } from "../../server/replication/role/synchronous-dr";
import { stringifyJson } from "../../server/sdk/json";
import type { LogEntry, ReplicationMode } from "../../server/sdk/log";
import { CasHistory } from "./cas-history";
import { Coverage } from "./coverage";
import { Degradation } from "./degradation";
import { Filters } from "./filters";
import { Histories } from "./histories";
import { type Held, Ledger } from "./ledger";
import type { Mutation } from "./mutations";
import type { RoleCommit } from "./observed-barrier";
import { type Owner, Scheduler, WORLD } from "./scheduler";
import { SeededRandom } from "./seeded-random";
import { Sessions } from "./sessions";
import { SimulatedCluster, type SimulatedWorld } from "./simulated-cluster";
import { SimulatedNetwork } from "./simulated-network";
import { Successions } from "./successions";
import { synchronousDrOf } from "./synchronous-sites";
import { TOPOLOGIES, type Topology } from "./topology";
import { Uses } from "./uses";

export interface WorldOptions {
  readonly seed: number;
  readonly mutation?: Mutation | undefined;
  readonly onTrace?: (line: string) => void;
}

export interface ViolationRecord {
  readonly invariant: number;
  readonly text: string;
  readonly atMilliseconds: number;
}

/** Beside the invariants of the design: check-and-set on the primary is linearizable. */
export const LINEARIZABLE = 9;
/** And a primary that may have been replaced acknowledges nothing. */
export const FENCED = 10;
/** And the index says what is stored, and whoever is asked about it tells the truth. */
export const INDEXED = 11;
/** And what is acknowledged without a DR secondary is told to be. */
export const DEGRADED = 12;

const FOLLOWED_MILLISECONDS = 15_000;
const API_MILLISECONDS = 5_000;

/** One simulated world: clusters, network, ledger, and what was found wrong. */
export class World implements SimulatedWorld {
  readonly seed: number;
  readonly scheduler = new Scheduler();
  readonly random: SeededRandom;
  readonly network: SimulatedNetwork;
  readonly coverage = new Coverage();
  readonly ledger: Ledger;
  readonly topology: Topology;
  readonly filters: Filters;
  readonly clusters = new Map<string, SimulatedCluster>();
  readonly violations: ViolationRecord[] = [];
  readonly cas = new CasHistory((text) => this.violate(LINEARIZABLE, text));
  readonly uses = new Uses((text) => this.violate(7, text));
  readonly sessions = new Sessions((text) => this.violate(6, text));
  readonly successions = new Successions(
    () => this.scheduler.nowMilliseconds,
    (text) => this.violate(FENCED, text),
  );
  /** Counts the promotions and replacements after which shared data that was acknowledged may be gone. */
  era = 1;
  readonly retentionBytes: number;
  readonly limits;
  readonly logLimits: LogLimits;
  readonly acknowledgesEarly: boolean;
  /** By site. With one DR secondary, no promotion of it loses what was acknowledged with its word. */
  private readonly synchronousDr: ReadonlyMap<string, SynchronousDrSettings["mode"]>;
  readonly degradation: Degradation;
  readonly histories = new Histories((text) => this.violate(2, text));
  /** Clusters that an operator promotes after a demotion that drained to them. */
  readonly planned = new Set<string>();
  /** `<mode> <secondary>`: what it holds was confirmed by a checkpoint since it began to stream. */
  readonly confirmed = new Set<string>();
  /** `<mode> <secondary>`: where it stood when it was compared last. */
  readonly compared = new Map<string, string>();
  /** `<mode> <secondary>`: when it began to stream. */
  private readonly streamsSince = new Map<string, number>();
  /** Secondaries that build a new generation, and out of whose data. */
  private readonly building = new Map<string, string>();
  private readonly pendingRoles = new Map<string, RoleCommit>();
  private readonly generations = new Map<string, string>();

  constructor(options: WorldOptions) {
    this.seed = options.seed;
    this.random = new SeededRandom(options.seed, "world");
    this.scheduler.onTrace = options.onTrace ?? (() => undefined);
    this.network = new SimulatedNetwork(this.scheduler, new SeededRandom(options.seed, "network"));
    this.network.felt = (effect) => this.felt(effect);
    this.scheduler.deferred = () => this.felt("events of a paused process");
    this.ledger = new Ledger(
      (invariant, text) => this.violate(invariant, text),
      (name, index) => this.degradation.isCovered(name, index),
    );
    this.topology = this.random.pick(TOPOLOGIES);
    this.filters = new Filters(this.topology.filtered, () => this.scheduler.nowMilliseconds);
    // Short logs make secondaries fall back to a diff.
    this.retentionBytes = this.random.chance(0.4) ? 24 * 1024 : 64 * 1024 * 1024;
    this.synchronousDr = synchronousDrOf(this.topology, options.seed, options.mutation);
    this.degradation = new Degradation({
      isDegrading: (name) => this.synchronousDrOf(name) === "degrade",
      othersOf: (name) => this.othersOf(name),
      count: (what) => this.coverage.count(what),
      violate: (text) => this.violate(DEGRADED, text),
    });
    this.limits = { chunkPairs: this.random.pick([8, 64, 4_096]), silenceMilliseconds: 6_000 };
    // With the usual ones no batch is cut and few commits are large enough for the journal of the index.
    const small = new SeededRandom(options.seed, "log limits").pick([2, 5, 40]);
    this.logLimits = {
      upstreamEntriesPerCommit: small,
      journaledLeavesMin: small,
      journalLeavesMax: small * 10,
    };
    this.network.usualLatencyMilliseconds =
      options.mutation?.latencyMilliseconds ?? this.network.usualLatencyMilliseconds;
    this.network.latencyMilliseconds = this.network.usualLatencyMilliseconds;
    this.acknowledgesEarly = options.mutation?.acknowledgesEarly === true;
    this.ledger.addTable("shared", "a");
    for (const [site, names] of Object.entries(this.topology.sites)) {
      this.ledger.addTable(tableOfSite(site), site);
      for (const name of names) this.add(name);
    }
  }

  cluster(name: string): SimulatedCluster {
    const cluster = this.clusters.get(name);
    if (cluster === undefined) throw new Error(`no cluster ${name}`);
    return cluster;
  }

  siteOf(name: string): string {
    const site = Object.entries(this.topology.sites).find(([, names]) => names.includes(name))?.[0];
    if (site === undefined) throw new Error(`${name} has no site`);
    return site;
  }

  synchronousDrOf(cluster: string): SynchronousDrSettings["mode"] {
    return this.synchronousDr.get(this.siteOf(cluster)) ?? "off";
  }

  private othersOf(name: string): readonly SimulatedCluster[] {
    const names = this.topology.sites[this.siteOf(name)] ?? [];
    return names.filter((other) => other !== name).map((other) => this.cluster(other));
  }

  clusterById(id: string): SimulatedCluster | undefined {
    return [...this.clusters.values()].find((cluster) => cluster.clusterId === id);
  }

  /** Whether it streamed for so long that it knows of every filter that is settled; one that cannot hear of it may not. */
  hasFollowed(cluster: SimulatedCluster): boolean {
    // A process that dies does not say that its stream is over.
    if (!cluster.isStreaming("performance")) return false;
    const since = this.streamsSince.get(`performance ${cluster.name}`);
    return since !== undefined && since <= this.scheduler.nowMilliseconds - FOLLOWED_MILLISECONDS;
  }

  violate(invariant: number, text: string): void {
    this.scheduler.trace(`VIOLATION of invariant ${invariant}: ${text}`);
    for (const cluster of this.clusters.values()) this.scheduler.trace(describeCluster(cluster));
    this.violations.push({ invariant, text, atMilliseconds: this.scheduler.nowMilliseconds });
  }

  /** Starts the process; one that cannot start is started again by its supervisor. */
  async boot(cluster: SimulatedCluster): Promise<void> {
    try {
      await cluster.start();
    } catch (error) {
      this.scheduler.trace(`${cluster.name} did not start: ${error instanceof Error ? error.message : "?"}`);
      cluster.crash(0, false);
    }
  }

  // SimulatedWorld

  async unwrapAt(from: SimulatedCluster, address: string, token: string): Promise<{ status: number; body: Buffer }> {
    const caller = from.host;
    const name = address.replace("https://", "").replace(":8200", "");
    if (this.network.isBlocked(from.name, name)) throw new Error(`nobody answers at ${address}`);
    // The called one may die with the call; the caller has the patience of the real client.
    return await new Promise((resolve, reject) => {
      const giveUp = (): void => reject(new Error(`${address} does not answer`));
      const cancel = this.scheduler.after(API_MILLISECONDS, caller, "unwrap given up", giveUp);
      this.unwrapThere(this.cluster(name), caller, token).then((answer) => {
        cancel();
        resolve(answer);
      }, reject);
    });
  }

  private async unwrapThere(cluster: SimulatedCluster, caller: Owner, token: string) {
    await this.scheduler.sleep(this.network.delay() * 3, cluster.host, "unwrap");
    const answer = await cluster.unwrapHere(token);
    await this.scheduler.sleep(this.network.delay(), caller, "unwrapped");
    return answer;
  }

  acknowledged(cluster: SimulatedCluster, index: number): void {
    this.degradation.acknowledged(cluster, index);
  }

  opened(cluster: SimulatedCluster): void {
    this.degradation.opened(cluster);
    const { log } = cluster.requireCore();
    const before = this.generations.get(cluster.name);
    this.generations.set(cluster.name, cluster.generation);
    log.subscribe((entries) => {
      for (const entry of entries) this.published(cluster, entry);
    });
    const pending = this.pendingRoles.get(cluster.name);
    if (pending !== undefined) this.materialize(cluster, pending, log.epochs());
    if (before === undefined || before === cluster.generation) return;
    this.coverage.count("generation replaced");
    this.building.delete(cluster.name);
    const table = tableOfSite(this.siteOf(cluster.name));
    if (this.ledger.ownerOf(table) === cluster.name) this.ledger.pardon(table);
    if (this.ledger.ownerOf("shared") === cluster.name) this.beginEra();
  }

  roleCommit(cluster: SimulatedCluster, change: RoleCommit): void {
    this.pendingRoles.set(cluster.name, change);
  }

  felt(effect: string): void {
    this.coverage.count(`felt: ${effect}`);
  }

  logged(cluster: SimulatedCluster, line: string): void {
    this.scheduler.trace(line);
    this.degradation.logged(cluster, line);
    const state = /replication state changed .*"mode":"(\w+)","from":"([\w-]+)","to":"([\w-]+)"/.exec(line);
    if (state !== null) {
      this.coverage.count(`state ${state[2]} -> ${state[3]}`);
      const name = `${state[1]} ${cluster.name}`;
      this.confirmed.delete(name);
      this.streamsSince.delete(name);
      if (state[3] === "stream-wals") this.streams(cluster, state[1] === "dr" ? "dr" : "performance");
    }
    const fetched = /secondary fetched the bootstrap package .*"secondary":"(\w+)"/.exec(line);
    if (fetched?.[1] !== undefined) this.building.set(fetched[1], cluster.name);
    // The line of a demoted or stopped cluster may come when it has no log any more: then it goes on unguarded.
    const lastIndex = cluster.core?.log.lastIndex();
    if (line.includes("writes are acknowledged by a DR secondary too") && lastIndex !== undefined)
      this.ledger.guard(cluster.name, lastIndex);
    if (/secondary revoked .*"mode":"dr"/.test(line)) this.ledger.unguard(cluster.name);
    for (const [text, name] of LOGGED) if (line.includes(text)) this.coverage.count(name);
  }

  private streams(cluster: SimulatedCluster, mode: ReplicationMode): void {
    this.streamsSince.set(`${mode} ${cluster.name}`, this.scheduler.nowMilliseconds);
    const cursor = cluster.requireCore().log.cursor(mode);
    const primary = cursor === undefined ? undefined : this.clusterById(cursor.clusterId);
    if (primary !== undefined && this.isPair(mode, primary.name)) this.successions.follows(mode, primary.name);
  }

  /** Whether nobody but one other cluster can speak for it. */
  private isPair(mode: ReplicationMode, name: string): boolean {
    const { sites } = this.topology;
    if (mode === "dr") return sites[this.siteOf(name)]?.length === 2;
    return Object.keys(sites).length === 2 && Object.values(sites).every((names) => names.length === 1);
  }

  private add(name: string): void {
    const port = 8_201 + this.clusters.size;
    this.clusters.set(
      name,
      new SimulatedCluster(this, name, port, (cluster) => {
        this.scheduler.trace(`${cluster.name} is down`);
        this.countInterruptions(cluster);
        this.scheduler.after(
          this.random.chance(0.8) ? this.random.between(50, 800) : this.random.between(800, 4_000),
          WORLD,
          `boot ${name}`,
          () => void this.boot(cluster),
        );
      }),
    );
  }

  private published(cluster: SimulatedCluster, entry: LogEntry): void {
    const pending = this.pendingRoles.get(cluster.name);
    if (pending !== undefined) this.materialize(cluster, pending, entry.epochs);
    const { log, barrier } = cluster.requireCore();
    if (entry.origin.clusterId === log.clusterId) return;
    for (const mode of ["performance", "dr"] as const) {
      // The entries of a diff come before the history that its last commit adopts; a stream begins with that.
      if (!cluster.isStreaming(mode) || entry.epochs[mode].number === 0) continue;
      this.histories.applied(
        { cluster: cluster.name, generation: cluster.generation, mode, entry },
        barrier.lineage(mode),
      );
    }
  }

  private countInterruptions(crashed: SimulatedCluster): void {
    if (this.building.delete(crashed.name)) this.coverage.count("build interrupted at the secondary");
    for (const [name, primary] of this.building) {
      if (primary === crashed.name) this.coverage.count("build interrupted at the primary");
      if (primary === crashed.name) this.building.delete(name);
    }
  }

  private beginEra(): void {
    this.era += 1;
    this.uses.pardonAll();
    this.sessions.pardonAll();
    this.filters.unsettleAll();
    this.coverage.count("acknowledged writes may be lost");
  }

  private materialize(
    cluster: SimulatedCluster,
    pending: RoleCommit,
    epochs: Readonly<Record<ReplicationMode, { readonly number: number; readonly clusterId: string }>>,
  ): void {
    const { mode, epoch, startIndex, cursor, isFork } = pending;
    if (epochs[mode].number !== epoch.number || epochs[mode].clusterId !== epoch.clusterId) return;
    this.pendingRoles.delete(cluster.name);
    // The two go their own ways from here on; what clients were told is with the other one.
    if (isFork) {
      this.scheduler.trace(`${cluster.name} goes on by itself from ${startIndex} in ${mode} mode`);
      return;
    }
    const planned = this.planned.delete(`${mode} ${cluster.name}`);
    if (cursor !== undefined) this.coverage.count(`${planned ? "planned" : "unplanned"} ${mode} promotion`);
    const from = cursor === undefined ? undefined : this.clusterById(cursor.clusterId);
    if (cursor !== undefined && from !== undefined) {
      const isHeld = this.successions.promoted(mode, from.name, cluster.name, cursor.epoch);
      if (isHeld) this.coverage.count("primaries that were replaced by the only one they wait for");
    }
    // Also where its last known state is a repair: production refuses to promote half of one unless that is accepted expressly,
    // which no operator here does. One that ended counts at once, since the old primary drains to the position that it left,
    // although the answer that begins the stream from there may be lost.
    const upTo = cursor === undefined || from === undefined ? undefined : this.held(from, cursor.index);
    const site = this.siteOf(cluster.name);
    const sharedOwner = this.siteOf(this.ledger.ownerOf("shared"));
    const tables = mode === "dr" ? [tableOfSite(site), ...(sharedOwner === site ? ["shared"] : [])] : ["shared"];
    this.scheduler.trace(
      `${cluster.name} takes over ${tables.join()} up to ${JSON.stringify(upTo)} planned=${planned}`,
    );
    if (!planned && tables.includes("shared") && this.ledger.ownerOf("shared") !== cluster.name) this.beginEra();
    const lossless = mode === "dr" && this.synchronousDrOf(cluster.name) !== "off" && this.isPair(mode, cluster.name);
    if (lossless && !planned && upTo !== undefined) this.coverage.count("unplanned promotion that may lose nothing");
    const takeOver = { to: cluster.name, upTo, startIndex, planned, synchronous: lossless };
    for (const table of tables) this.ledger.handOver(table, takeOver);
  }

  private held(from: SimulatedCluster, index: number): Held {
    const indexOf = (other: string): number | undefined => {
      const { clusterId } = this.cluster(other);
      return clusterId === undefined ? undefined : from.history.lastFrom(clusterId, index);
    };
    return { cluster: from.name, index, indexOf };
  }
}

export function tableOfSite(site: string): string {
  return `own data of ${site}`;
}

function describeCluster(cluster: SimulatedCluster): string {
  const { replication } = cluster;
  if (replication === undefined) return `  ${cluster.name}: down or sealed`;
  const of = (mode: ReplicationMode): string => stringifyJson(replication.status(mode));
  return `  ${cluster.name}: performance ${of("performance")} dr ${of("dr")}`;
}

const LOGGED: readonly (readonly [string, string])[] = [
  ["reconciled by a diff", "caught up by a diff"],
  ["no diff is possible", "fell back to a snapshot"],
  ["snapshot begins again", "snapshot begun again"],
  ["was replaced as primary", "fenced"],
  ["the fence is no longer needed", "fence no longer needed"],
  ["writes wait until a secondary confirms", "waits for a secondary's word"],
  ["writes are acknowledged again", "confirmed by a secondary"],
  ["writes are acknowledged by a DR secondary too", "DR synchronous"],
  ["no DR secondary keeps up: writes are stopped", "DR synchronous no more"],
  ["are kept in a divergence report", "divergence reported"],
  ["demotion failed", "demotion failed"],
  ["part of what the roles call for failed", "role taken up later"],
  ["refused a connection", "connection refused on the cluster port"],
  ["services did not start", "services did not start"],
  ["secondary connected", "stream opened"],
  ["fetched the bootstrap package", "bootstrap"],
  ["went silent", "peer went silent"],
];
