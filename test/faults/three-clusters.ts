import { ClusterSet, type Link, startClusters } from "./cluster-set";
import type { FaultCluster, FaultClusterOptions } from "./fault-cluster";
import type { KilledPair } from "./transition";
import type { ClientTokens } from "./write-ledger";

interface Parts {
  primary: FaultCluster;
  primaryDr: FaultCluster;
  readonly secondary: FaultCluster;
}

/** A primary, its DR secondary and a performance secondary. The first two change places with each failover. */
export class ThreeClusters extends ClusterSet implements KilledPair {
  readonly mode = "performance";
  private rootToken = "";
  private secondaryToken = "";

  private constructor(
    all: readonly FaultCluster[],
    private readonly parts: Parts,
  ) {
    super(all);
  }

  static async start(options: FaultClusterOptions): Promise<ThreeClusters> {
    const all = await startClusters(["p", "d", "s"], options);
    const [primary, primaryDr, secondary] = all;
    if (!primary || !primaryDr || !secondary) throw new Error("three servers were asked for");
    const three = new ThreeClusters(all, { primary, primaryDr, secondary });
    try {
      await three.arrange();
    } catch (error) {
      await three.destroy();
      throw error;
    }
    return three;
  }

  private async arrange(): Promise<void> {
    const { primary, primaryDr, secondary } = this.parts;
    await this.initialize(primary);
    this.rootToken = primary.rootToken;
    await this.follow(secondary, primary, "performance");
    await this.follow(primaryDr, primary, "dr");
    primaryDr.useToken(this.rootToken);
    await this.settled();
    this.secondaryToken = await secondary.login();
    secondary.useToken(this.secondaryToken);
    await this.makeOperationToken(primaryDr, primary);
  }

  get primary(): FaultCluster {
    return this.parts.primary;
  }

  get primaryDr(): FaultCluster {
    return this.parts.primaryDr;
  }

  get secondary(): FaultCluster {
    return this.parts.secondary;
  }

  get clusters(): readonly FaultCluster[] {
    return this.all;
  }

  /** The two that are DR of each other share their tokens; the performance secondary has one of its own, good for the whole run. */
  get clientTokens(): ClientTokens {
    return {
      of: (cluster) => Promise.resolve(cluster === this.parts.secondary ? this.secondaryToken : this.rootToken),
    };
  }

  protected links(): readonly Link[] {
    const { primary, primaryDr, secondary } = this.parts;
    return [
      { upper: primary, lower: secondary, mode: "performance" },
      { upper: primary, lower: primaryDr, mode: "dr" },
    ];
  }

  /** The primary is lost: from now on its DR secondary shall be the primary. */
  async failOver(): Promise<void> {
    await this.onDr(this.parts.primaryDr, "promote", { force: true });
    const { primary, primaryDr } = this.parts;
    Object.assign(this.parts, { primary: primaryDr, primaryDr: primary });
  }

  /** The performance secondary has heard of the DR secondary, which it will look for once the primary is lost. */
  async knowEachOther(): Promise<void> {
    const { primaryDr, secondary } = this.parts;
    await this.until("the secondary knows the DR secondary's address", async () => {
      const { known_primary_cluster_addrs } = await secondary.status("performance");
      return (known_primary_cluster_addrs as readonly string[]).includes(primaryDr.proxy.address);
    });
  }

  /** An operator tells the performance secondary where the primary is, which it may find out by itself. */
  async updatePrimary(): Promise<void> {
    const { primary, secondary } = this.parts;
    const body = { update_primary_addrs: [primary.proxy.address] };
    await secondary.admin("POST", "sys/replication/performance/secondary/update-primary", body);
  }
}
