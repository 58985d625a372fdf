import { FAULT_KINDS, FAULTS } from "./fault-kinds";
import { SeededRandom } from "./seeded-random";
import type { SimulatedCluster } from "./simulated-cluster";
import { HEALTHY_DISK } from "./simulated-storage";
import type { World } from "./world";

const BURST_FAULTS_MAX = 9;

/** Breaks things in bursts, with time in between to recover in part, until it is told to stop. */
export class FaultInjector {
  private running = true;
  private readonly random: SeededRandom;
  private readonly drawn: readonly string[];
  /** Milliseconds between two bursts at most; some seeds are calmer than others. */
  private readonly quietMilliseconds: number;
  faults = 0;

  constructor(readonly world: World) {
    this.random = new SeededRandom(world.seed, "faults");
    // Each seed leaves some kinds out, so that the others are not drowned by them.
    const kinds = FAULT_KINDS.filter(() => this.random.chance(0.7));
    this.drawn = (kinds.length === 0 ? FAULT_KINDS : kinds).flatMap((kind) =>
      Array<string>(FAULTS[kind]?.weight ?? 0).fill(kind),
    );
    this.quietMilliseconds = this.random.between(800, 3_000);
  }

  async run(): Promise<void> {
    const { scheduler } = this.world;
    while (this.running) {
      await scheduler.sleep(this.random.between(0.1, 1) * this.quietMilliseconds);
      for (let left = 1 + this.random.integerBelow(BURST_FAULTS_MAX); left > 0 && this.running; left -= 1) {
        this.strike();
        await scheduler.sleep(this.random.between(1, 300));
      }
    }
  }

  private strike(): void {
    const { scheduler, clusters, coverage, network } = this.world;
    const kind = this.random.pick(this.drawn);
    const cluster = this.random.pick([...clusters.values()]);
    const fault = FAULTS[kind];
    if (fault?.strikes === "connections" ? !network.hasConnections : !cluster.host.alive) {
      coverage.count("faults that found nothing to strike");
      return;
    }
    scheduler.trace(`fault ${kind} at ${cluster.name}`);
    coverage.count(`fault ${kind}`);
    this.faults += 1;
    void fault?.run(this, cluster, this.random);
  }

  async partition(cluster: SimulatedCluster, random: SeededRandom, bothWays: boolean): Promise<void> {
    const { network, scheduler, clusters } = this.world;
    const others = [...clusters.keys()].filter((name) => name !== cluster.name);
    const from = random.chance(0.5) ? others : [random.pick(others)];
    const outwards = random.chance(0.5);
    for (const other of from) {
      if (bothWays || outwards) network.block(cluster.name, other);
      if (bothWays || !outwards) network.block(other, cluster.name);
    }
    await scheduler.sleep(random.between(200, 12_000));
    network.unblockAll();
  }

  /** No more faults, and those that last are over. */
  stop(): void {
    this.running = false;
    const { network, clusters } = this.world;
    network.unblockAll();
    network.lossShare = 0;
    network.duplicateShare = 0;
    network.latencyMilliseconds = network.usualLatencyMilliseconds;
    for (const cluster of clusters.values()) {
      cluster.trouble = { ...HEALTHY_DISK };
      cluster.crashAtCommit = undefined;
      cluster.host.pausedUntilMilliseconds = 0;
    }
  }
}
