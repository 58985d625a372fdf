import type { ReplicationMode } from "../../server/sdk/log";
import type { Operator } from "./operator";
import { RoleMoves, type WantedLink } from "./role-moves";
import { SeededRandom } from "./seeded-random";
import type { SimulatedCluster } from "./simulated-cluster";
import { DEGRADED, tableOfSite, type World } from "./world";

const RETURN_MILLISECONDS = 90_000;
/** For calls that nobody waits for any more: they may change a role after everybody was found in order. */
const SETTLED_MILLISECONDS = 30_000;
/** A connection whose other end is gone without a word is found out by its silence. */
const EQUAL_MILLISECONDS = 60_000;

/** Role changes while everything breaks, and the order that must be there in the end. */
export class Scenario {
  private running = true;
  private readonly random: SeededRandom;
  private readonly inHand = new Set<string>();
  private readonly moves: RoleMoves;

  constructor(
    private readonly world: World,
    private readonly operator: Operator,
  ) {
    this.random = new SeededRandom(world.seed, "scenario");
    this.moves = new RoleMoves({
      world,
      operator,
      random: this.random,
      inHand: this.inHand,
      wanted: () => this.wanted(),
    });
  }

  async run(): Promise<void> {
    const { scheduler, coverage } = this.world;
    while (this.running) {
      await scheduler.sleep(this.random.between(500, 6_000));
      if (!this.running) return;
      const [name, run] = this.random.pick(this.moves.all());
      scheduler.trace(`move: ${name}`);
      coverage.count(`move: ${name}`);
      await run();
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
    await operator.until(() => !operator.isWorking, SETTLED_MILLISECONDS);
    for (const link of this.wanted()) {
      if (!(await this.returns(link))) return;
    }
    const shared = world.cluster(world.ledger.ownerOf("shared"));
    const isPerformance = operator.roleOf(shared, "performance") === "primary";
    if (isPerformance && !(await operator.filterAll(shared, RETURN_MILLISECONDS))) {
      world.violate(8, `${shared.name} does not take the paths filters`);
    }
  }

  /** @returns whether it was worth waiting for the others */
  private async returns({ primary, secondary, mode }: WantedLink): Promise<boolean> {
    const { world, operator } = this;
    const follows = (): boolean => this.follows(primary, secondary, mode);
    const needsHelp = (): boolean => this.mayNeedHelp(primary, secondary, mode);
    // Who needs help does not get better by waiting, but may have been about to be there anyway.
    if (await operator.until(follows, needsHelp() ? RETURN_MILLISECONDS / 6 : RETURN_MILLISECONDS)) return true;
    if (!needsHelp()) {
      world.violate(8, `${secondary.name} does not return to ${primary.name} in ${mode} mode by itself`);
      return false;
    }
    world.coverage.count("finished by an operator");
    const helped = await operator.bring(primary, secondary, mode, RETURN_MILLISECONDS);
    if (helped && (await operator.until(follows, RETURN_MILLISECONDS))) return true;
    world.violate(8, `${secondary.name} does not return to ${primary.name} in ${mode} mode with an operator's help`);
    return false;
  }

  /** Invariant 8: all checksums are equal, where no filter makes them differ. */
  async compareAll(): Promise<void> {
    const { world, operator } = this;
    for (const { primary, secondary, mode } of this.wanted()) {
      // What replication notes down for itself may be under way still.
      await operator.until(() => this.follows(primary, secondary, mode), EQUAL_MILLISECONDS);
      const [ours, theirs] = [primary.status(mode).merkle_root, secondary.status(mode).merkle_root];
      if (!this.isFiltered(secondary, mode) && ours !== theirs)
        world.violate(8, `${secondary.name} and ${primary.name} differ in ${mode} mode`);
      world.coverage.count("checksums compared");
    }
  }

  /** With a DR secondary that has caught up, primaries acknowledge with its word again. */
  async awaitSynchronous(): Promise<void> {
    const { world, operator } = this;
    for (const { primary, mode } of this.wanted()) {
      if (mode !== "dr" || world.synchronousDrOf(primary.name) === "off") continue;
      const isSynchronous = (): boolean => primary.status("dr").sync_dr_state === "synchronous";
      if (await operator.until(isSynchronous, EQUAL_MILLISECONDS)) world.coverage.count("DR synchronous at rest");
      else
        world.violate(
          DEGRADED,
          `${primary.name} is ${primary.status("dr").sync_dr_state} still, although nothing is wrong`,
        );
    }
  }

  /** Who shall follow whom, by who answers for what now. */
  private wanted(): readonly WantedLink[] {
    const { ledger, topology } = this.world;
    const active = (site: string): SimulatedCluster => this.world.cluster(ledger.ownerOf(tableOfSite(site)));
    const shared = this.world.siteOf(ledger.ownerOf("shared"));
    const links: WantedLink[] = [];
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

  private isFiltered(secondary: SimulatedCluster, mode: ReplicationMode): boolean {
    const site = this.world.siteOf(secondary.name);
    return mode === "performance" && this.world.filters.names().includes(site);
  }

  /** Streams, from that very primary, everything that it has. */
  private follows(primary: SimulatedCluster, secondary: SimulatedCluster, mode: ReplicationMode): boolean {
    // Who was demoted, and nobody promoted in its place, is followed until the end of its streams has travelled: that is no rest.
    if (this.operator.roleOf(primary, mode) !== "primary") return false;
    if (!secondary.isStreaming(mode)) return false;
    const cursor = secondary.requireCore().log.cursor(mode);
    if (cursor?.clusterId !== primary.clusterId) return false;
    const isEqual = primary.status(mode).merkle_root === secondary.status(mode).merkle_root;
    return this.isFiltered(secondary, mode) || isEqual;
  }

  private mayNeedHelp(primary: SimulatedCluster, secondary: SimulatedCluster, mode: ReplicationMode): boolean {
    if (this.inHand.has(`${mode} ${secondary.name}`) || this.inHand.has(`${mode} ${primary.name}`)) return true;
    if (this.operator.roleOf(secondary, mode) !== "secondary") return true;
    if (this.operator.memberships.areLost(primary, secondary, mode)) return true;
    const { known_primary_cluster_addrs: known, primary_cluster_addr: first } = secondary.status(mode);
    return !JSON.stringify([known, first]).includes(`:${primary.port}`);
  }
}
