import type { ReplicationMode } from "../../server/sdk/log";
import { takesWrites } from "./client-call";
import type { Operator } from "./operator";
import type { SeededRandom } from "./seeded-random";
import type { SimulatedCluster } from "./simulated-cluster";
import { tableOfSite, type World } from "./world";

const STEP_MILLISECONDS = 25_000;

export interface WantedLink {
  readonly primary: SimulatedCluster;
  readonly secondary: SimulatedCluster;
  readonly mode: ReplicationMode;
}

export interface MoveSurroundings {
  readonly world: World;
  readonly operator: Operator;
  readonly random: SeededRandom;
  /** `<mode> <cluster>`: an operator has begun to change it, so it cannot return by itself. */
  readonly inHand: Set<string>;
  wanted(): readonly WantedLink[];
}

/** What operators do to a set while everything breaks. Each move may be cut short anywhere. */
export class RoleMoves {
  constructor(private readonly around: MoveSurroundings) {}

  /** Every kind of move, by name, that the topology allows now. */
  all(): readonly (readonly [name: string, run: () => Promise<void>])[] {
    const { topology } = this.around.world;
    const sites = Object.keys(topology.sites).filter((site) => (topology.sites[site]?.length ?? 0) > 1);
    const ofSites = sites.flatMap((site) => this.ofSite(site));
    const isPerformance = topology.links.some(({ mode }) => mode === "performance");
    const ofSet = [
      ["planned performance failover", () => this.plannedShared()],
      ["unplanned performance failover", () => this.unplannedShared()],
      ["performance secondary revoked", () => this.revoke("performance")],
      ["performance secondary disabled", () => this.disableSecondary("performance")],
      ["performance set destroyed", () => this.destroySet("performance")],
    ] as const;
    const filters = topology.filterable.map((name) => ["filter changed", () => this.changeFilter(name)] as const);
    const everywhere = [
      ["address given", () => this.giveAddress()],
      ["keyring rotated", () => this.rotate()],
    ] as const;
    return [...ofSites, ...(isPerformance ? ofSet : []), ...filters, ...filters, ...everywhere];
  }

  private ofSite(site: string): readonly (readonly [name: string, run: () => Promise<void>])[] {
    const two = (this.around.world.topology.sites[site]?.length ?? 0) > 2;
    return [
      ["planned DR failover", () => this.plannedDr(site)],
      ["unplanned DR failover", () => this.unplannedDr(site)],
      ["DR secondary revoked", () => this.revoke("dr")],
      ["DR secondary disabled", () => this.disableSecondary("dr")],
      ["DR set destroyed", () => this.destroySet("dr")],
      ...(two ? ([["two promoted at once", () => this.promoteTwo(site)]] as const) : []),
    ];
  }

  private hold(mode: ReplicationMode, ...clusters: readonly SimulatedCluster[]): void {
    for (const { name } of clusters) this.around.inHand.add(`${mode} ${name}`);
  }

  private release(mode: ReplicationMode, ...clusters: readonly SimulatedCluster[]): void {
    for (const { name } of clusters) this.around.inHand.delete(`${mode} ${name}`);
  }

  private async plannedDr(site: string): Promise<void> {
    const { operator } = this.around;
    const [from, to, others] = this.pairOf(site);
    this.hold("dr", from, to, ...others);
    if (!(await operator.planned("dr", from, to, STEP_MILLISECONDS))) return;
    if (await operator.follow(to, from, "dr", STEP_MILLISECONDS)) this.release("dr", from, to);
  }

  private async unplannedDr(site: string): Promise<void> {
    const { operator, random, world } = this.around;
    const [from, to, others] = this.pairOf(site);
    if (operator.roleOf(to, "dr") !== "secondary") return;
    this.hold("dr", from, to, ...others);
    if (random.chance(0.6)) from.crash(0, random.chance(0.5));
    if (!(await operator.unplanned("dr", to, STEP_MILLISECONDS))) return;
    await world.scheduler.sleep(random.between(0, 8_000));
    if (random.chance(0.2)) await operator.overrideFence(from, "dr");
    if (await operator.follow(to, from, "dr", STEP_MILLISECONDS)) this.release("dr", from, to);
  }

  /** Two operators who do not know of each other. */
  private async promoteTwo(site: string): Promise<void> {
    const { operator, random, world } = this.around;
    const [from, to, [other]] = this.pairOf(site);
    if (other === undefined) return;
    this.hold("dr", from, to, other);
    from.crash(0, random.chance(0.5));
    const promoted = await Promise.all(
      [to, other].map((cluster) => operator.unplanned("dr", cluster, STEP_MILLISECONDS)),
    );
    if (promoted.includes(false)) return;
    world.coverage.count("two DR secondaries promoted at once");
    await world.scheduler.sleep(random.between(0, 5_000));
    const winner = world.cluster(world.ledger.ownerOf(tableOfSite(site)));
    for (const loser of [from, to, other].filter((cluster) => cluster !== winner)) {
      if (!(await operator.follow(winner, loser, "dr", STEP_MILLISECONDS))) return;
    }
    this.release("dr", from, to, other);
  }

  private async plannedShared(): Promise<void> {
    const { operator } = this.around;
    const moved = this.sharedMove();
    if (moved === undefined) return;
    const [from, to] = moved;
    if (await operator.planned("performance", from, to, STEP_MILLISECONDS)) await this.gather(to);
  }

  private async unplannedShared(): Promise<void> {
    const { operator, random, world } = this.around;
    const moved = this.sharedMove();
    if (moved === undefined) return;
    const [from, to] = moved;
    if (random.chance(0.6)) from.crash(0, random.chance(0.5));
    if (!(await operator.unplanned("performance", to, STEP_MILLISECONDS))) return;
    await world.scheduler.sleep(random.between(0, 8_000));
    if (random.chance(0.2)) await operator.overrideFence(from, "performance");
    await this.gather(to);
  }

  /** The primary and the secondary that takes its place; one with a filter does not hold everything. */
  private sharedMove(): readonly [SimulatedCluster, SimulatedCluster] | undefined {
    const { world, random } = this.around;
    const from = world.cluster(world.ledger.ownerOf("shared"));
    const secondaries = this.around.wanted().filter(({ mode }) => mode === "performance");
    const targets = secondaries.filter(
      ({ secondary }) => !world.topology.filterable.includes(world.siteOf(secondary.name)),
    );
    if (targets.length === 0) return undefined;
    this.hold("performance", from, ...secondaries.map(({ secondary }) => secondary));
    return [from, random.pick(targets).secondary];
  }

  /** Everybody gets a token of the new performance primary. */
  private async gather(primary: SimulatedCluster): Promise<void> {
    const { operator } = this.around;
    // What an unplanned promotion may have lost of the filters is said again before anybody joins.
    if (!(await operator.filterAll(primary, STEP_MILLISECONDS))) return;
    for (const { secondary, mode, primary: wanted } of this.around.wanted()) {
      if (mode !== "performance" || wanted !== primary) continue;
      if (await operator.follow(primary, secondary, mode, STEP_MILLISECONDS)) this.release(mode, secondary);
    }
    this.release("performance", primary);
  }

  private async revoke(mode: ReplicationMode): Promise<void> {
    const link = this.pickLink(mode);
    if (link === undefined) return;
    const { operator } = this.around;
    this.hold(mode, link.secondary);
    if (!(await operator.revoke(link.primary, link.secondary, mode))) return;
    await this.takeOut(link);
  }

  private async disableSecondary(mode: ReplicationMode): Promise<void> {
    const link = this.pickLink(mode);
    if (link === undefined) return;
    this.hold(mode, link.secondary);
    await this.takeOut(link);
  }

  private async takeOut({ primary, secondary, mode }: WantedLink): Promise<void> {
    const { operator } = this.around;
    if (!(await operator.disable(secondary, mode, STEP_MILLISECONDS))) return;
    if (await operator.bring(primary, secondary, mode, STEP_MILLISECONDS)) this.release(mode, secondary);
  }

  /** The primary gives the set up and begins a new one. */
  private async destroySet(mode: ReplicationMode): Promise<void> {
    const { operator, world } = this.around;
    const picked = this.pickLink(mode);
    if (picked === undefined) return;
    const links = this.around.wanted().filter((link) => link.mode === mode && link.primary === picked.primary);
    // A cluster with a role in the other mode too would have to give that up first.
    if (mode === "performance" && links.some(({ secondary }) => !this.isFree(secondary))) return;
    this.hold(mode, picked.primary, ...links.map(({ secondary }) => secondary));
    if (mode === "performance")
      for (const name of world.filters.names()) world.filters.changing(name, world.filters.isDenied(name));
    if (!(await operator.disable(picked.primary, mode, STEP_MILLISECONDS))) return;
    if (!(await operator.makePrimary(picked.primary, mode, STEP_MILLISECONDS))) return;
    if (mode === "performance" && !(await operator.filterAll(picked.primary, STEP_MILLISECONDS))) return;
    for (const { secondary } of links) {
      if (await operator.bring(picked.primary, secondary, mode, STEP_MILLISECONDS)) this.release(mode, secondary);
    }
    this.release(mode, picked.primary);
  }

  private async changeFilter(name: string): Promise<void> {
    const { world, operator, random } = this.around;
    const { filters } = world;
    const primary = world.cluster(world.ledger.ownerOf("shared"));
    filters.changing(name, filters.isDenied(name) ? random.chance(0.3) : true);
    await operator.filter(primary, name, STEP_MILLISECONDS, random.chance(0.5));
  }

  private async giveAddress(): Promise<void> {
    const { operator, random } = this.around;
    const links = this.around.wanted().filter((link) => !this.isInHand(link));
    if (links.length === 0) return;
    const { primary, secondary, mode } = random.pick(links);
    await operator.tellAddress(primary, secondary, mode);
  }

  private async rotate(): Promise<void> {
    const { operator, world } = this.around;
    const owner = world.cluster(world.ledger.ownerOf("shared"));
    if (takesWrites(owner)) await operator.rotate(owner);
  }

  private pickLink(mode: ReplicationMode): WantedLink | undefined {
    const links = this.around
      .wanted()
      .filter((link) => link.mode === mode && (mode === "dr" || this.isFree(link.secondary)));
    return links.length === 0 ? undefined : this.around.random.pick(links);
  }

  private isFree(secondary: SimulatedCluster): boolean {
    return this.around.operator.roleOf(secondary, "dr") === "disabled";
  }

  private isInHand({ mode, secondary, primary }: WantedLink): boolean {
    const { inHand } = this.around;
    return inHand.has(`${mode} ${secondary.name}`) || inHand.has(`${mode} ${primary.name}`);
  }

  /** Who answers for the site, one that may take its place, and the others. */
  private pairOf(site: string): readonly [SimulatedCluster, SimulatedCluster, readonly SimulatedCluster[]] {
    const { world, random } = this.around;
    const from = world.ledger.ownerOf(tableOfSite(site));
    const rest = (world.topology.sites[site] ?? []).filter((name) => name !== from).map((name) => world.cluster(name));
    const to = random.pick(rest);
    return [world.cluster(from), to, rest.filter((cluster) => cluster !== to)];
  }
}
