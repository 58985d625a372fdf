import { isRefusal, patiently, takesWrites } from "./client-call";
import { forwardedRequest } from "./forwarded-request";
import { KvClient } from "./kv-client";
import type { Attempt } from "./ledger";
import { LoginClient } from "./login-client";
import { SeededRandom } from "./seeded-random";
import { SessionClient } from "./session-client";
import type { SimulatedCluster } from "./simulated-cluster";
import { FILTERED_MOUNT, OPEN_MOUNT, TOKEN_MARK } from "./topology";
import { tableOfSite, type World } from "./world";

const KEYS_PER_CLIENT = 6;
const OPERATIONS_PER_SECOND = 100;

/** Clients of one world: each writes its own keys, one write after the other, and keeps to what it was told. */
export class Clients {
  private running = true;
  private done: readonly Promise<void>[] = [];
  private readonly begun: (() => Promise<void>)[] = [];
  private readonly lastReads: (() => Promise<void>)[] = [];
  private clients = 0;
  /** Requests that went to a process that ran: what nobody was asked to do proves nothing. */
  operations = 0;

  constructor(private readonly world: World) {}

  start(): void {
    for (let n = 0; n < 4; n += 1) this.begin(`shared ${n}`, (random, at) => this.writeShared(random, n, at));
    for (const site of Object.keys(this.world.topology.sites)) {
      this.begin(`own ${site}`, (random, at) => this.writeOwn(random, site, at));
    }
    for (const { mode, secondary } of this.world.topology.links) {
      if (mode !== "performance") continue;
      this.begin(`forward ${secondary}`, (_, at) => this.forward(secondary, at));
      const session = new SessionClient(this.world, `session-${secondary}`, secondary);
      this.begin(`session ${secondary}`, (random) => session.step(random));
      this.lastReads.push(() => session.readBack());
    }
    for (let n = 0; n < 3; n += 1) {
      const client = new KvClient(this.world, `secret-${n}`);
      this.begin(`secret ${n}`, (random) => client.step(random));
      this.lastReads.push(() => client.readBack());
    }
    const logins = new LoginClient(this.world, "login");
    this.begin("login", (random) => logins.step(random));
    this.done = this.begun.map((run) => run());
  }

  /** Stops beginning new operations; resolves when the last one was answered or given up. */
  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.done);
  }

  /** When everything has come to rest. @throws what cannot be read */
  async readBack(): Promise<void> {
    for (const read of this.lastReads) await read();
  }

  /** @param step resolves with how many requests it made */
  private begin(name: string, step: (random: SeededRandom, at: number) => Promise<number>): void {
    const random = new SeededRandom(this.world.seed, "client", name);
    this.clients += 1;
    const run = async (): Promise<void> => {
      // All of them together make about so many operations a second, whatever the topology.
      const pause = (this.clients * 1_000) / OPERATIONS_PER_SECOND;
      for (let at = 0; this.running; at += 1) {
        await this.world.scheduler.sleep(random.between(0.1, 1.9) * pause);
        const made = await step(random, at);
        this.operations += made;
      }
    };
    this.begun.push(run);
  }

  private async writeShared(random: SeededRandom, client: number, at: number): Promise<number> {
    const mount = random.chance(0.3) ? FILTERED_MOUNT : OPEN_MOUNT;
    const key = `data/${mount}/c${client}-k${random.integerBelow(KEYS_PER_CLIENT)}`;
    const { topology, clusters: all } = this.world;
    // A cluster that must not have the mount may stand alone for a while: then it would keep what it is given.
    const clusters = [...all.values()].filter(
      ({ name }) => mount !== FILTERED_MOUNT || !topology.filterable.includes(this.world.siteOf(name)),
    );
    return await this.write(random, "shared", key, at, this.choose(random, clusters, "shared"));
  }

  private async writeOwn(random: SeededRandom, site: string, at: number): Promise<number> {
    const key = `core/token/${TOKEN_MARK}${site}-${random.integerBelow(KEYS_PER_CLIENT)}`;
    const table = tableOfSite(site);
    const names = this.world.topology.sites[site] ?? [];
    const clusters = names.map((name) => this.world.cluster(name));
    return await this.write(random, table, key, at, this.choose(random, clusters, table));
  }

  /** Mostly the one that should answer, sometimes who did before, or any: clients do not know of failovers. */
  private choose(random: SeededRandom, clusters: readonly SimulatedCluster[], table: string): SimulatedCluster {
    const { ledger, successions } = this.world;
    if (random.chance(0.75)) return this.world.cluster(ledger.ownerOf(table));
    const replaced = clusters.filter(({ name }) => successions.isReplaced(name));
    return random.pick(replaced.length > 0 ? replaced : clusters);
  }

  private async write(
    random: SeededRandom,
    table: string,
    key: string,
    at: number,
    cluster: SimulatedCluster,
  ): Promise<number> {
    if (!cluster.host.alive) return 0;
    const value = random.chance(0.1) ? undefined : `${key} ${at}${random.chance(0.05) ? ".".repeat(3_000) : ""}`;
    const keyClass = table === "shared" ? "replicated" : "local";
    const attempt = this.world.ledger.begin(table, key, value);
    const { clusterId } = cluster;
    // Its own data a performance secondary takes too.
    const wasPrimary = table === "shared" ? takesWrites(cluster) : cluster.replication?.state().dr !== "secondary";
    const wasAlone = isAlone(cluster);
    await this.settle(attempt, wasPrimary, async () => {
      const index = await cluster.put(keyClass, key, value);
      // Whoever is being sealed when it answers has no role to tell any more.
      if (cluster.clusterId !== clusterId || (wasAlone && cluster.replication === undefined)) return;
      this.acknowledged(attempt, cluster, index);
      this.checkSuccession(cluster, index, table === "shared");
    });
    return 1;
  }

  /** A new key each time, so that a request that arrives late disturbs no later one. */
  private async forward(secondary: string, at: number): Promise<number> {
    const { world } = this;
    const cluster = world.cluster(secondary);
    const { replication } = cluster;
    if (replication?.state().performance !== "secondary") return 0;
    const key = `data/${OPEN_MOUNT}/forwarded-${secondary}-${at % 40}-${Math.floor(at / 40)}`;
    const attempt = world.ledger.begin("shared", key, key);
    await this.settle(attempt, true, async () => {
      const { signal } = new AbortController();
      const answer = await replication.forward("performance", forwardedRequest(key, key), signal);
      const primary = world.cluster(answer.body.toString());
      this.acknowledged(attempt, primary, answer.index);
      world.coverage.count("writes forwarded");
      const { openings } = cluster;
      if (!(await replication.waitUntilApplied("performance", answer, signal))) return;
      const found = await cluster.get("replicated", key);
      if (found === key || cluster.openings !== openings) return;
      // A failover may have taken it back meanwhile; then the ledger does not ask for it any more either.
      const allowed = world.ledger.allowed("shared", key);
      if (allowed?.has(key) && !allowed.has(undefined)) {
        world.violate(6, `${secondary} waited for index ${answer.index} and reads ${found} as ${key}`);
      }
    });
    return 1;
  }

  private acknowledged(attempt: Attempt, cluster: SimulatedCluster, index: number): void {
    const { ledger, coverage } = this.world;
    // One that was taken out of its set stands alone: what it takes is no business of the set.
    if (ledger.ownerOf(attempt.table) !== cluster.name && isAlone(cluster)) return;
    ledger.acknowledge(attempt, cluster.name, index);
    coverage.count("writes acknowledged");
    const epochs = cluster.history.entryAt(index)?.epochs;
    if (epochs === undefined) return;
    // A cluster whose replication was disabled is in no set any more, although it goes on with the set's epoch.
    const { performance, dr } = cluster.replication?.state() ?? { performance: "disabled", dr: "disabled" };
    const shared = attempt.table === "shared";
    if (shared && performance !== "disabled")
      ledger.acknowledgedIn("shared", "performance", epochs.performance, cluster.name);
    if (dr !== "disabled") ledger.acknowledgedIn(this.world.siteOf(cluster.name), "dr", epochs.dr, cluster.name);
  }

  private checkSuccession(cluster: SimulatedCluster, index: number, isShared: boolean): void {
    const { successions, coverage } = this.world;
    const epochs = cluster.history.entryAt(index)?.epochs;
    if (epochs === undefined) return;
    const { name, sinceMilliseconds } = cluster.host;
    if (successions.acknowledged({ cluster: name, sinceMilliseconds, epochs, isShared }))
      coverage.count("writes of a primary that does not know yet that it was replaced");
  }

  private settle(attempt: Attempt, wasPrimary: boolean, run: () => Promise<void>): Promise<void> {
    return patiently(this.world, "write", run, (error) => {
      if (isRefusal(error, wasPrimary)) this.world.ledger.refused(attempt);
    });
  }
}

function isAlone(cluster: SimulatedCluster): boolean {
  const roles = cluster.replication?.state();
  return roles !== undefined && roles.performance === "disabled" && roles.dr === "disabled";
}
