import type { ReplicationMode } from "../../server/sdk/log";
import type { ResponseData } from "../../server/sdk/outcome";
import { checkIndex, checkReport } from "./index-checks";
import type { Operator } from "./operator";
import { WORLD } from "./scheduler";
import { SeededRandom } from "./seeded-random";
import type { SimulatedCluster } from "./simulated-cluster";
import { INDEXED, type World } from "./world";

const MODES = ["performance", "dr"] as const;
/** The state of a connection between two attempts. */
const PAUSED = "transient_failure";
/** So that everything that follows from a call at once has happened, and nothing else has. */
const AT_ONCE_MILLISECONDS = 0.01;

/** Looks after clusters while everything breaks: checks their indexes, has them made anew, ends the pauses of secondaries. */
export class Caretaker {
  private running = true;
  private readonly random: SeededRandom;

  constructor(
    private readonly world: World,
    private readonly operator: Operator,
  ) {
    this.random = new SeededRandom(world.seed, "caretaker");
  }

  async run(): Promise<void> {
    const { scheduler, clusters } = this.world;
    while (this.running) {
      await scheduler.sleep(this.random.between(1_500, 6_000));
      if (!this.running) return;
      const cluster = this.random.pick([...clusters.values()]);
      const act = this.random.pick([this.check, this.reindex, this.recover]);
      await act.call(this, cluster);
    }
  }

  stop(): void {
    this.running = false;
  }

  /** When everything has come to rest: every index says what is stored, and every check says so. */
  async checkAll(): Promise<void> {
    for (const cluster of this.world.clusters.values()) {
      checkIndex(this.world, cluster, "at rest");
      await this.check(cluster);
    }
  }

  private async check(cluster: SimulatedCluster): Promise<void> {
    const { world } = this;
    const altered = cluster.alteredReads;
    await this.operator.call("merkle-check", cluster, async (service) => {
      const report = await service.merkleCheck();
      if (cluster.replication !== service) return;
      checkReport(world, cluster, { report, wasAltered: cluster.alteredReads > altered });
      for (const mode of MODES) this.checkTold(cluster, mode, report.corrupted_root);
    });
  }

  private async reindex(cluster: SimulatedCluster): Promise<void> {
    const { world } = this;
    await this.operator.call("reindex", cluster, async (service) => {
      await service.reindex();
      if (cluster.replication !== service) return;
      for (const mode of MODES) this.checkTold(cluster, mode, false);
      await world.scheduler.sleep(AT_ONCE_MILLISECONDS, WORLD, "reindexed");
      if (cluster.replication === service) checkIndex(world, cluster, "after a reindex");
    });
  }

  /** A secondary that waits between two attempts makes the next one now; who follows nobody is told so. */
  private async recover(any: SimulatedCluster): Promise<void> {
    const { world, operator } = this;
    const mode = this.random.pick(MODES);
    const waiting = [...world.clusters.values()].filter((one) => this.waits(one, mode));
    const cluster = waiting.length === 0 ? any : this.random.pick(waiting);
    await operator.call("recover", cluster, async (service) => {
      const { connection_state: before } = cluster.status(mode);
      const told = await service.recover(mode);
      if (before === undefined && told.length > 0)
        world.violate(INDEXED, `${cluster.name} follows nobody in ${mode} mode and says: ${told.join()}`);
      await world.scheduler.sleep(AT_ONCE_MILLISECONDS, WORLD, "recovered");
      if (cluster.replication !== service || before !== PAUSED) return;
      world.coverage.count("pauses of a secondary ended by recover");
      if (this.waits(cluster, mode))
        world.violate(INDEXED, `${cluster.name} waits on in ${mode} mode although an operator had it recover`);
    });
  }

  private waits(cluster: SimulatedCluster, mode: ReplicationMode): boolean {
    return cluster.status(mode).connection_state === PAUSED;
  }

  private checkTold(cluster: SimulatedCluster, mode: ReplicationMode, corrupted: ResponseData[string]): void {
    const { corrupted_merkle_tree: told } = cluster.status(mode);
    if (told !== undefined && told !== corrupted)
      this.world.violate(
        INDEXED,
        `${cluster.name} says corrupted_merkle_tree ${told} in ${mode} mode, not ${corrupted}`,
      );
  }
}
