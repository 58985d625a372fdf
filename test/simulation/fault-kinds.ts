import type { FaultInjector } from "./fault-injector";
import type { SeededRandom } from "./seeded-random";
import type { SimulatedCluster } from "./simulated-cluster";
import { HEALTHY_DISK } from "./simulated-storage";

type Fault = (injector: FaultInjector, cluster: SimulatedCluster, random: SeededRandom) => Promise<void> | void;

/** Every kind of fault, how often it is drawn, and what it does. One that lasts ends by itself. */
export const FAULTS: Readonly<Record<string, { readonly weight: number; readonly run: Fault }>> = {
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
  "seal and unseal": {
    weight: 2,
    run: ({ world }, cluster, random) => cluster.sealFor(random.between(50, 2_000), world.scheduler),
  },
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
  "connections made twice": {
    weight: 2,
    run: async ({ world }, _, random) => {
      world.network.duplicateShare = random.between(0.3, 1);
      await world.scheduler.sleep(random.between(500, 5_000));
      world.network.duplicateShare = 0;
    },
  },
  "frames of an old connection overtaken by a new one": {
    weight: 3,
    run: async ({ world }, _, random) => {
      const late = world.network.lagBehind(0.6, random.between(500, 6_000));
      await world.scheduler.sleep(random.between(20, 500));
      for (const link of late) link.breakEnd("client");
    },
  },
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
  "bits flipped in what is read": {
    weight: 3,
    run: async ({ world }, cluster, random) => {
      cluster.trouble.flipShare = random.between(0.01, 0.3);
      await world.scheduler.sleep(random.between(50, 2_000));
      cluster.trouble.flipShare = 0;
    },
  },
  "rotten blocks": {
    weight: 2,
    run: async ({ world }, cluster, random) => {
      cluster.trouble.rot = { share: random.between(0.005, 0.1), salt: random.integerBelow(1_000_000) };
      await world.scheduler.sleep(random.between(200, 6_000));
      cluster.trouble.rot = undefined;
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

export const FAULT_KINDS: readonly string[] = Object.keys(FAULTS);
