import type { FaultInjector } from "./fault-injector";
import type { SeededRandom } from "./seeded-random";
import type { SimulatedCluster } from "./simulated-cluster";
import { HEALTHY_DISK } from "./simulated-storage";

type Fault = (injector: FaultInjector, cluster: SimulatedCluster, random: SeededRandom) => Promise<void> | void;

interface FaultKind {
  /** How often it is drawn. */
  readonly weight: number;
  /** What there must be for it to be a fault at all; left out: a process that runs. */
  readonly strikes?: "connections";
  /** What it has done to something, in the coverage: drawing a fault proves nothing. Left out: what it does shows at once. */
  readonly felt?: string;
  readonly run: Fault;
}

/** Every kind of fault and what it does. One that lasts ends by itself. */
export const FAULTS: Readonly<Record<string, FaultKind>> = {
  crash: {
    weight: 4,
    run: (_, cluster, random) => cluster.crash(random.integerBelow(3), random.chance(0.3)),
  },
  "crash before a commit is durable": {
    weight: 5,
    felt: "processes killed before a commit was durable",
    run: (_, cluster) => {
      cluster.crashAtCommit = "before";
    },
  },
  "crash after a commit is durable": {
    weight: 5,
    felt: "processes killed after a commit was durable",
    run: (_, cluster) => {
      cluster.crashAtCommit = "after";
    },
  },
  "stop in order": { weight: 2, run: (_, cluster) => void cluster.stop().catch(() => cluster.crash(0, false)) },
  "seal and unseal": {
    weight: 2,
    run: ({ world }, cluster, random) => cluster.sealFor(random.between(50, 2_000), world.scheduler),
  },
  pause: {
    weight: 3,
    felt: "events of a paused process",
    run: (_, cluster, random) => cluster.pauseFor(random.between(100, 9_000)),
  },
  "clock jump": {
    weight: 2,
    run: (_, cluster, random) => {
      cluster.skewMilliseconds = random.between(-20_000, 20_000);
    },
  },
  partition: {
    weight: 4,
    felt: "frames held up in both directions",
    run: (injector, cluster, random) => injector.partition(cluster, random, true),
  },
  "one-way partition": {
    weight: 4,
    felt: "frames held up in one direction",
    run: (injector, cluster, random) => injector.partition(cluster, random, false),
  },
  "connections reset": {
    weight: 4,
    strikes: "connections",
    felt: "connections lost at both ends",
    run: (injector) => void injector.world.network.reset(0.6, false),
  },
  "half-open connections": {
    weight: 4,
    strikes: "connections",
    felt: "frames for an end that had lost its connection",
    run: (injector) => void injector.world.network.reset(0.6, true),
  },
  "connections made twice": {
    weight: 2,
    felt: "connections that the server saw twice",
    run: async ({ world }, _, random) => {
      world.network.duplicateShare = random.between(0.3, 1);
      await world.scheduler.sleep(random.between(500, 5_000));
      world.network.duplicateShare = 0;
    },
  },
  "frames of an old connection overtaken by a new one": {
    weight: 3,
    strikes: "connections",
    felt: "frames of a connection that a later one had overtaken",
    run: async ({ world }, _, random) => {
      const late = world.network.lagBehind(0.6, random.between(500, 6_000));
      await world.scheduler.sleep(random.between(20, 500));
      for (const link of late) link.breakEnd("client");
    },
  },
  "packet loss": {
    weight: 3,
    felt: "packets lost and sent again",
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
    felt: "commits failed",
    run: async ({ world }, cluster, random) => {
      cluster.trouble.errorShare = random.between(0.02, 0.6);
      await world.scheduler.sleep(random.between(50, 3_000));
      cluster.trouble.errorShare = 0;
    },
  },
  "errors after commits": {
    weight: 3,
    felt: "commits made that said they failed",
    run: async ({ world }, cluster, random) => {
      cluster.trouble.ambiguousShare = random.between(0.1, 0.8);
      await world.scheduler.sleep(random.between(50, 2_000));
      cluster.trouble.ambiguousShare = 0;
    },
  },
  "bits flipped in what is read": {
    weight: 3,
    felt: "bits flipped in values read",
    run: async ({ world }, cluster, random) => {
      cluster.trouble.flipShare = random.between(0.01, 0.3);
      await world.scheduler.sleep(random.between(50, 2_000));
      cluster.trouble.flipShare = 0;
    },
  },
  "rotten blocks": {
    weight: 2,
    felt: "rotten values read",
    run: async ({ world }, cluster, random) => {
      cluster.trouble.rot = { share: random.between(0.005, 0.1), salt: random.integerBelow(1_000_000) };
      await world.scheduler.sleep(random.between(200, 6_000));
      cluster.trouble.rot = undefined;
    },
  },
  "disk full": {
    weight: 3,
    felt: "commits refused by a full disk",
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

export const FAULT_KINDS: readonly string[] = Object.keys(FAULTS);

/** What the faults of a run together must have done. */
export const FAULT_EFFECTS: readonly string[] = Object.values(FAULTS).flatMap(({ felt }) => felt ?? []);
