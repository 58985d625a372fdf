import type { ReplicationMode } from "../../server/sdk/log";
import type { Operator } from "./operator";
import { SeededRandom } from "./seeded-random";
import type { SimulatedCluster } from "./simulated-cluster";
import { tableOfSite, type World } from "./world";

const STEP_MILLISECONDS = 25_000;
const RETURN_MILLISECONDS = 90_000;
const EQUAL_MILLISECONDS = 5_000;

/** Role changes while everything breaks, and the order that must be there in the end. */
export class Scenario {
  private running = true;
  private readonly random: SeededRandom;
  /** Secondaries that an operator has begun to point somewhere else: they cannot return by themselves. */
  private readonly inHand = new Set<string>();

  constructor(
    private readonly world: World,
    private readonly operator: Operator,
  ) {
    this.random = new SeededRandom(world.seed, "scenario");
  }

  async run(): Promise<void> {
    const { scheduler, topology } = this.world;
    while (this.running) {
      await scheduler.sleep(this.random.between(2_000, 15_000));
      if (!this.running) return;
      const site = this.random.pick(Object.keys(topology.sites));
      const moves = [
        () => this.plannedDr(site),
        () => this.unplannedDr(site),
        () => this.moveShared(),
        () => this.revoke(),
      ];
      await this.random.pick(moves)();
    }
  }

  stop(): void {
    this.running = false;
  }

  /** Finishes what was begun, then waits until everybody follows. Invariant 8: without an operator's help. */
  async converge(): Promise<void> {
    const { world, operator } = this;
    await operator.until(
      () => [...world.clusters.values()].every((cluster) => cluster.replication !== undefined),
      30_000,
    );
    for (const { primary, secondary, mode } of this.wanted()) {
      const reached = await operator.until(() => this.follows(primary, secondary, mode), RETURN_MILLISECONDS);
      if (reached) continue;
      if (!this.mayNeedHelp(primary, secondary, mode)) {
        world.violate(8, `${secondary.name} does not return to ${primary.name} in ${mode} mode by itself`);
        return;
      }
      world.coverage.count("finished by an operator");
      const helped =
        operator.roleOf(secondary, mode) === "disabled"
          ? await operator.link(primary, secondary, mode, RETURN_MILLISECONDS)
          : await operator.follow(primary, secondary, mode, RETURN_MILLISECONDS);
      if (helped && (await operator.until(() => this.follows(primary, secondary, mode), RETURN_MILLISECONDS))) continue;
      world.violate(8, `${secondary.name} does not return to ${primary.name} in ${mode} mode with an operator's help`);
      return;
    }
  }

  /** Invariant 8: all checksums are equal, where no filter makes them differ. */
  async compareAll(): Promise<void> {
    const { world, operator } = this;
    for (const { primary, secondary, mode } of this.wanted()) {
      // What replication notes down for itself may be under way still.
      await operator.until(() => this.follows(primary, secondary, mode), EQUAL_MILLISECONDS);
      const filtered = mode === "performance" && world.topology.filtered.includes(world.siteOf(secondary.name));
      const [ours, theirs] = [primary.status(mode).merkle_root, secondary.status(mode).merkle_root];
      if (!filtered && ours !== theirs)
        world.violate(8, `${secondary.name} and ${primary.name} differ in ${mode} mode`);
      world.coverage.count("checksums compared");
    }
  }

  /** Who shall follow whom, by who answers for what now. */
  private wanted() {
    const { ledger, topology } = this.world;
    const active = (site: string): SimulatedCluster => this.world.cluster(ledger.ownerOf(tableOfSite(site)));
    const shared = this.world.siteOf(ledger.ownerOf("shared"));
    const links: { primary: SimulatedCluster; secondary: SimulatedCluster; mode: ReplicationMode }[] = [];
    for (const [site, names] of Object.entries(topology.sites)) {
      for (const name of names) {
        if (name !== active(site).name)
          links.push({ primary: active(site), secondary: this.world.cluster(name), mode: "dr" });
      }
    }
    for (const site of Object.keys(topology.sites)) {
      if (site !== shared) links.push({ primary: active(shared), secondary: active(site), mode: "performance" });
    }
    return links;
  }

  /** Streams, from that very primary, everything that it has. */
  private follows(primary: SimulatedCluster, secondary: SimulatedCluster, mode: ReplicationMode): boolean {
    if (!secondary.isStreaming(mode) || primary.replication === undefined) return false;
    const cursor = secondary.requireCore().log.cursor(mode);
    if (cursor?.clusterId !== primary.clusterId) return false;
    const filtered = mode === "performance" && this.world.topology.filtered.includes(this.world.siteOf(secondary.name));
    return filtered || primary.status(mode).merkle_root === secondary.status(mode).merkle_root;
  }

  private mayNeedHelp(primary: SimulatedCluster, secondary: SimulatedCluster, mode: ReplicationMode): boolean {
    if (this.inHand.has(`${mode} ${secondary.name}`)) return true;
    if (this.operator.roleOf(secondary, mode) !== "secondary") return true;
    const { known_primary_cluster_addrs: known, primary_cluster_addr: first } = secondary.status(mode);
    return !JSON.stringify([known, first]).includes(`:${primary.port}`);
  }

  private async plannedDr(site: string): Promise<void> {
    const pair = this.pairOf(site);
    if (pair === undefined) return;
    const [from, to] = pair;
    this.inHand.add(`dr ${from.name}`).add(`dr ${to.name}`);
    if (!(await this.operator.planned("dr", from, to, STEP_MILLISECONDS))) return;
    if (await this.operator.follow(to, from, "dr", STEP_MILLISECONDS)) {
      this.inHand.delete(`dr ${from.name}`);
      this.inHand.delete(`dr ${to.name}`);
    }
  }

  private async unplannedDr(site: string): Promise<void> {
    const pair = this.pairOf(site);
    if (pair === undefined) return;
    const [from, to] = pair;
    if (this.operator.roleOf(to, "dr") !== "secondary") return;
    this.inHand.add(`dr ${from.name}`).add(`dr ${to.name}`);
    if (this.random.chance(0.6)) from.crash(0, this.random.chance(0.5));
    if (!(await this.operator.unplanned("dr", to, STEP_MILLISECONDS))) return;
    await this.world.scheduler.sleep(this.random.between(0, 8_000));
    if (await this.operator.follow(to, from, "dr", STEP_MILLISECONDS)) {
      this.inHand.delete(`dr ${from.name}`);
      this.inHand.delete(`dr ${to.name}`);
    }
  }

  /** Makes another site, one that is not filtered, the performance primary. */
  private async moveShared(): Promise<void> {
    const { world, operator } = this;
    const from = world.cluster(world.ledger.ownerOf("shared"));
    const targets = this.wanted().filter(
      ({ secondary, mode }) =>
        mode === "performance" && !world.topology.filtered.includes(world.siteOf(secondary.name)),
    );
    if (targets.length === 0) return;
    const to = this.random.pick(targets).secondary;
    for (const { secondary } of targets) this.inHand.add(`performance ${secondary.name}`);
    this.inHand.add(`performance ${from.name}`);
    for (const site of world.topology.filtered) this.inHand.add(`performance ${site}`);
    if (!(await operator.planned("performance", from, to, STEP_MILLISECONDS))) return;
    // The filter is the old primary's own business: the new one has to be told before anybody joins it.
    if (!(await operator.filterAll(to, STEP_MILLISECONDS))) return;
    for (const { primary, secondary, mode } of this.wanted()) {
      if (mode !== "performance" || primary !== to) continue;
      if (await operator.follow(to, secondary, mode, STEP_MILLISECONDS))
        this.inHand.delete(`${mode} ${secondary.name}`);
    }
    this.inHand.delete(`performance ${to.name}`);
  }

  private async revoke(): Promise<void> {
    const links = this.wanted().filter(
      ({ secondary, mode }) => mode === "performance" && this.operator.roleOf(secondary, "dr") === "disabled",
    );
    if (links.length === 0) return;
    const { primary, secondary } = this.random.pick(links);
    const key = `performance ${secondary.name}`;
    this.inHand.add(key);
    await this.operator.revokeAndReturn(primary, secondary, STEP_MILLISECONDS);
    if (secondary.isStreaming("performance")) this.inHand.delete(key);
  }

  private pairOf(site: string): readonly [SimulatedCluster, SimulatedCluster] | undefined {
    const { world } = this;
    const from = world.ledger.ownerOf(tableOfSite(site));
    const to = world.topology.sites[site]?.find((name) => name !== from);
    return to === undefined ? undefined : [world.cluster(from), world.cluster(to)];
  }
}
