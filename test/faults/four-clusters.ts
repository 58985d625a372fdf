import { ClusterSet, type Link, startClusters } from "./cluster-set";
import type { FaultCluster } from "./fault-cluster";

/** Who plays which part now; a failover changes it. */
export interface Parts {
  primary: FaultCluster;
  primaryDr: FaultCluster;
  secondary: FaultCluster;
  secondaryDr: FaultCluster;
}

/** A primary and its DR secondary, a performance secondary and its DR secondary: four real servers. */
export class FourClusters extends ClusterSet {
  private constructor(
    all: readonly FaultCluster[],
    readonly parts: Parts,
  ) {
    super(all);
  }

  static async start(seed: string): Promise<FourClusters> {
    const all = await startClusters(["p", "q", "s", "t"], { seed });
    const [primary, primaryDr, secondary, secondaryDr] = all;
    if (!primary || !primaryDr || !secondary || !secondaryDr) throw new Error("four servers were asked for");
    const four = new FourClusters(all, { primary, primaryDr, secondary, secondaryDr });
    try {
      await four.arrange();
    } catch (error) {
      await four.destroy();
      throw error;
    }
    return four;
  }

  private async arrange(): Promise<void> {
    const { primary, primaryDr, secondary, secondaryDr } = this.parts;
    await this.initialize(primary);
    await this.follow(secondary, primary, "performance");
    secondary.useToken(undefined);
    await this.until("the performance secondary streams", () => this.streams(secondary, "performance"));
    await this.follow(primaryDr, primary, "dr");
    await secondary.admin("POST", "sys/replication/dr/primary/enable");
    await this.follow(secondaryDr, secondary, "dr");
    for (const cluster of [primaryDr, secondaryDr]) cluster.useToken(undefined);
    await this.settled();
    await this.makeOperationToken(primaryDr, primary);
    await this.makeOperationToken(secondaryDr, secondary);
  }

  protected links(): readonly Link[] {
    const { primary, primaryDr, secondary, secondaryDr } = this.parts;
    return [
      { upper: primary, lower: secondary, mode: "performance" },
      { upper: primary, lower: primaryDr, mode: "dr" },
      { upper: secondary, lower: secondaryDr, mode: "dr" },
    ];
  }
}
