import { synchronousDrMetrics } from "../../server/replication/role/synchronous-dr-metrics";
import type { SimulatedCluster } from "./simulated-cluster";

/** What a cluster's log said last of its DR secondaries, since its services were opened. */
type LastLine = "synchronous" | "lost";

export interface DegradationSurroundings {
  /** Whether the cluster goes on without a DR secondary where none keeps up. */
  isDegrading(cluster: string): boolean;
  /** The other clusters of its site. */
  othersOf(cluster: string): readonly SimulatedCluster[];
  count(what: string): void;
  violate(text: string): void;
}

/**
 * DR primaries with sync_dr "degrade": what one acknowledges while it says that a DR secondary keeps up is with one, and when none
 * does, it says so in its log, its status and its metric.
 */
export class Degradation {
  private readonly lastLines = new Map<string, LastLine>();
  /** Clusters that went on without a DR secondary, and none has caught up since. */
  private readonly degraded = new Set<string>();
  /** `<cluster> <index>`: acknowledged by itself alone, and it said so. */
  private readonly alone = new Set<string>();

  constructor(private readonly around: DegradationSurroundings) {}

  opened({ name }: SimulatedCluster): void {
    this.lastLines.delete(name);
  }

  logged({ name }: SimulatedCluster, line: string): void {
    if (line.includes("writes are acknowledged by a DR secondary too")) {
      if (this.degraded.delete(name)) this.around.count("DR synchronous again after a degradation");
      this.lastLines.set(name, "synchronous");
    }
    if (!line.includes("no DR secondary keeps up: writes are acknowledged without one")) return;
    this.lastLines.set(name, "lost");
    this.degraded.add(name);
    this.around.count("DR degraded");
  }

  /** The cluster has just acknowledged what it wrote at the index. */
  acknowledged(cluster: SimulatedCluster, index: number): void {
    const { around } = this;
    if (!around.isDegrading(cluster.name)) return;
    const state = this.told(cluster);
    if (state !== "synchronous") this.alone.add(`${cluster.name} ${index}`);
    if (state === "asynchronous") around.count("writes acknowledged while DR was degraded");
    if (state === "synchronous") this.checkHeld(cluster, index);
  }

  /** Whether a DR secondary must have what the cluster acknowledged at the index. */
  isCovered(cluster: string, index: number): boolean {
    return !this.alone.has(`${cluster} ${index}`);
  }

  /** What the status says, which log and metric must say too. */
  private told(cluster: SimulatedCluster): unknown {
    const { violate } = this.around;
    const { sync_dr_state: state } = cluster.status("dr");
    const metric = cluster.gauges.read(synchronousDrMetrics.synchronous);
    const expected = state === "synchronous" ? 1 : state === "asynchronous" ? 0 : undefined;
    if (metric !== expected) violate(`${cluster.name} says ${state} in its status, its metric is ${metric}`);
    const line = this.lastLines.get(cluster.name);
    if (state === "synchronous" && line !== "synchronous")
      violate(`${cluster.name} says synchronous in its status, and its log: ${line ?? "nothing"}`);
    if (state === "asynchronous" && line === "synchronous")
      violate(`${cluster.name} says asynchronous in its status without a line of its log`);
    return state;
  }

  private checkHeld(cluster: SimulatedCluster, index: number): void {
    const { around } = this;
    const others = around.othersOf(cluster.name);
    // Who is down cannot be asked what it has.
    if (others.some(({ core }) => core === undefined)) return;
    const reached = others.flatMap(({ core }) => core?.log.cursor("dr") ?? []);
    around.count("acknowledged writes looked for at a DR secondary");
    if (reached.some((cursor) => cursor.clusterId === cluster.clusterId && cursor.index >= index)) return;
    const places = reached.map((cursor) => cursor.index).join(" and ");
    around.violate(
      `${cluster.name} acknowledged index ${index} as synchronous, its DR secondaries stand at ${places || "nothing"}`,
    );
  }
}
