import { SeededRandom } from "./seeded-random";
import type { SimulatedCluster } from "./simulated-cluster";
import { HEALTHY_DISK } from "./simulated-storage";
import type { World } from "./world";

type Fault = (injector: FaultInjector, cluster: SimulatedCluster, random: SeededRandom) => Promise<void> | void;

/** Every kind of fault, how often it is drawn, and what it does. One that lasts ends by itself. */
const FAULTS: Readonly<Record<string, { readonly weight: number; readonly run: Fault }>> = {
  crash: {
    weight: 4,
    run: (_, cluster, random) => cluster.crash(random.integerBelow(3), random.chance(0.3)),
  },
  "crash before a commit is durable": {
    weight: 5,
    run: (_, cluster) => {
      cluster.crashAtCommit = "before";
    },
  },
  "crash after a commit is durable": {
    weight: 5,
    run: (_, cluster) => {
      cluster.crashAtCommit = "after";
    },
  },
  "stop in order": { weight: 2, run: (_, cluster) => void cluster.stop().catch(() => cluster.crash(0, false)) },
  pause: { weight: 3, run: (_, cluster, random) => cluster.pauseFor(random.between(100, 9_000)) },
  "clock jump": {
    weight: 2,
    run: (_, cluster, random) => {
      cluster.skewMilliseconds = random.between(-20_000, 20_000);
    },
  },
  partition: { weight: 4, run: (injector, cluster, random) => injector.partition(cluster, random, true) },
  "one-way partition": { weight: 4, run: (injector, cluster, random) => injector.partition(cluster, random, false) },
  "connections reset": { weight: 4, run: (injector) => void injector.world.network.reset(0.6, false) },
  "half-open connections": { weight: 4, run: (injector) => void injector.world.network.reset(0.6, true) },
  "packet loss": {
    weight: 3,
    run: async ({ world }, _, random) => {
      world.network.lossShare = random.between(0.05, 0.4);
      await world.scheduler.sleep(random.between(500, 5_000));
      world.network.lossShare = 0;
    },
  },
  "slow network": {
    weight: 2,
    run: async ({ world }, _, random) => {
      world.network.latencyMilliseconds = random.between(50, 400);
      await world.scheduler.sleep(random.between(500, 5_000));
      world.network.latencyMilliseconds = world.network.usualLatencyMilliseconds;
    },
  },
  "disk errors": {
    weight: 3,
    run: async ({ world }, cluster, random) => {
      cluster.trouble.errorShare = random.between(0.02, 0.6);
      await world.scheduler.sleep(random.between(50, 3_000));
      cluster.trouble.errorShare = 0;
    },
  },
  "errors after commits": {
    weight: 3,
    run: async ({ world }, cluster, random) => {
      cluster.trouble.ambiguousShare = random.between(0.1, 0.8);
      await world.scheduler.sleep(random.between(50, 2_000));
      cluster.trouble.ambiguousShare = 0;
    },
  },
  "disk full": {
    weight: 3,
    run: async ({ world }, cluster, random) => {
      cluster.trouble.full = true;
      await world.scheduler.sleep(random.between(100, 4_000));
      cluster.trouble.full = false;
    },
  },
  "slow disk": {
    weight: 2,
    run: async ({ world }, cluster, random) => {
      cluster.trouble.syncMilliseconds = random.between(50, 800);
      await world.scheduler.sleep(random.between(100, 3_000));
      cluster.trouble.syncMilliseconds = HEALTHY_DISK.syncMilliseconds;
    },
  },
};

export const FAULT_KINDS = Object.keys(FAULTS);

/** Breaks things, one after the other and some at once, until it is told to stop. */
export class FaultInjector {
  private running = true;
  private readonly random: SeededRandom;
  private readonly drawn: readonly string[];
  faults = 0;

  constructor(
    readonly world: World,
    private readonly pauseMilliseconds: number,
  ) {
    this.random = new SeededRandom(world.seed, "faults");
    // Each seed leaves some kinds out, so that the others are not drowned by them.
    const kinds = FAULT_KINDS.filter(() => this.random.chance(0.7));
    this.drawn = kinds.flatMap((kind) => Array<string>(FAULTS[kind]?.weight ?? 0).fill(kind));
  }

  async run(): Promise<void> {
    const { scheduler, clusters, coverage } = this.world;
    while (this.running && this.drawn.length > 0) {
      await scheduler.sleep(this.random.between(0.1, 2) * this.pauseMilliseconds);
      if (!this.running) return;
      const kind = this.random.pick(this.drawn);
      const cluster = this.random.pick([...clusters.values()]);
      scheduler.trace(`fault ${kind} at ${cluster.name}`);
      coverage.count(`fault ${kind}`);
      this.faults += 1;
      void FAULTS[kind]?.run(this, cluster, this.random);
    }
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
    this.world.network.unblockAll();
    this.world.network.lossShare = 0;
    this.world.network.latencyMilliseconds = this.world.network.usualLatencyMilliseconds;
    for (const cluster of this.world.clusters.values()) {
      cluster.trouble = { ...HEALTHY_DISK };
      cluster.crashAtCommit = undefined;
      cluster.host.pausedUntilMilliseconds = 0;
    }
  }
}
