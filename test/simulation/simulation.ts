import { stringifyJson } from "../../server/sdk/json";
import { Caretaker } from "./caretaker";
import { checkDisks, checkFrame, checkPosition, checkTable, noteCheckpoint } from "./checkers";
import { Clients } from "./clients";
import type { Coverage } from "./coverage";
import { FaultInjector } from "./fault-injector";
import type { Mutation } from "./mutations";
import { Operator } from "./operator";
import { Scenario } from "./scenario";
import type { SimulatedCluster } from "./simulated-cluster";
import { APPROLE_MOUNT, APPROLE_PATH, KV_MOUNT, KV_PATH } from "./simulated-mounts";
import { FILTERED_MOUNT, FILTERED_PATH, OPEN_MOUNT, OPEN_PATH, TOKEN_MARK } from "./topology";
import { type ViolationRecord, World } from "./world";

export interface SimulationOptions {
  readonly seed: number;
  /** Least virtual time with faults; it lasts until there were enough operations and faults. @default 15_000 */
  readonly milliseconds?: number;
  readonly mutation?: Mutation | undefined;
  readonly onTrace?: (line: string) => void;
}

export interface SimulationReport {
  readonly seed: number;
  readonly topology: string;
  readonly violations: readonly ViolationRecord[];
  readonly traceHash: string;
  readonly events: number;
  readonly operations: number;
  readonly faults: number;
  readonly virtualMilliseconds: number;
  readonly coverage: Coverage;
}

const SETUP_MILLISECONDS = 60_000;
const CHAOS_STEP_MILLISECONDS = 250;
export const MILLISECONDS_DEFAULT = 15_000;
/** What each seed does at least. */
export const OPERATIONS_MIN = 2_000;
export const FAULTS_MIN = 50;
/** Positions are compared after every so many events. */
const EVENTS_BETWEEN_CHECKS = 150;

/** Runs one seed from the first cluster to the last comparison. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const unplant = options.mutation?.plant?.() ?? (() => undefined);
  try {
    return await new Simulation(options).run();
  } finally {
    unplant();
  }
}

class Simulation {
  private readonly world: World;
  private readonly operator: Operator;
  private readonly clients: Clients;
  private readonly faults: FaultInjector;
  private readonly scenario: Scenario;
  private readonly caretaker: Caretaker;

  constructor(private readonly options: SimulationOptions) {
    this.world = new World(options);
    this.operator = new Operator(this.world);
    this.clients = new Clients(this.world);
    this.faults = new FaultInjector(this.world);
    this.scenario = new Scenario(this.world, this.operator);
    this.caretaker = new Caretaker(this.world, this.operator);
    this.world.network.tap = (frame) => checkFrame(this.world, frame);
    this.world.network.taken = (frame) => noteCheckpoint(this.world, frame);
    this.world.scheduler.afterEvent = () => this.checkPositions();
  }

  async run(): Promise<SimulationReport> {
    const { scheduler, violations } = this.world;
    let finished = false;
    let failure: unknown;
    this.acts().then(
      () => {
        finished = true;
      },
      (error: unknown) => {
        finished = true;
        failure = error;
      },
    );
    const limit = SETUP_MILLISECONDS + 20 * this.milliseconds + 1_800_000;
    const ended = await scheduler.runUntil(() => finished || violations.length > 0, limit);
    if (failure !== undefined) throw new Error(`seed ${this.options.seed}: ${String(failure)}`, { cause: failure });
    if (!ended) this.world.violate(8, "the simulation came to a stop: nothing is left that could happen");
    return this.report();
  }

  private async acts(): Promise<void> {
    const { world, clients, faults, scenario, caretaker } = this;
    for (const cluster of world.clusters.values()) await world.boot(cluster);
    await this.setUp();
    clients.start();
    const breaking = faults.run();
    const moving = scenario.run();
    const caring = caretaker.run();
    const reading = this.readBack();
    await this.chaos();
    faults.stop();
    scenario.stop();
    caretaker.stop();
    await clients.stop();
    await breaking;
    await moving;
    await caring;
    await scenario.converge();
    this.over = true;
    await reading;
    await this.lastComparison();
  }

  private over = false;

  private get milliseconds(): number {
    return this.options.milliseconds ?? MILLISECONDS_DEFAULT;
  }

  private async chaos(): Promise<void> {
    const { scheduler } = this.world;
    const end = scheduler.nowMilliseconds + this.milliseconds;
    const isEnough = (): boolean => this.clients.operations >= OPERATIONS_MIN && this.faults.faults >= FAULTS_MIN;
    while (scheduler.nowMilliseconds < end || !isEnough()) await scheduler.sleep(CHAOS_STEP_MILLISECONDS);
  }

  private async setUp(): Promise<void> {
    const { world, operator } = this;
    const a = world.cluster("a");
    await a.put("replicated", `mounts/${OPEN_MOUNT}`, stringifyJson({ path: OPEN_PATH }));
    await a.put("replicated", `mounts/${FILTERED_MOUNT}`, stringifyJson({ path: FILTERED_PATH }));
    await a.put("replicated", `mounts/${KV_MOUNT}`, stringifyJson({ path: KV_PATH }));
    await a.put("replicated", `mounts/${APPROLE_MOUNT}`, stringifyJson({ path: APPROLE_PATH }));
    for (let n = 0; n < 20; n += 1) await a.put("replicated", `data/${FILTERED_MOUNT}/first-${n}`, "x".repeat(200));
    // A key of the primary's own that no snapshot may carry to a performance secondary.
    await a.put("local", `core/token/${TOKEN_MARK}a-first`, "1");
    for (const { primary, secondary, mode } of world.topology.links) {
      const [from, to] = [world.cluster(primary), world.cluster(secondary)];
      await operator.enablePrimary(from, mode, 20_000);
      if (mode === "performance") await operator.filterAll(from, 20_000);
      if (!(await operator.link(from, to, mode, SETUP_MILLISECONDS))) {
        world.violate(8, `${secondary} did not become a ${mode} secondary of ${primary} although nothing was wrong`);
      }
    }
  }

  private checkPositions(): void {
    const { world } = this;
    if (world.scheduler.events % EVENTS_BETWEEN_CHECKS !== 0) return;
    for (const cluster of world.clusters.values()) this.checkPositionsOf(cluster);
    if (world.scheduler.events % (20 * EVENTS_BETWEEN_CHECKS) === 0) checkDisks(world);
  }

  private checkPositionsOf(cluster: SimulatedCluster, again = false): void {
    for (const mode of ["performance", "dr"] as const) checkPosition(this.world, cluster, mode, again);
  }

  private async readBack(): Promise<void> {
    const { scheduler, ledger } = this.world;
    while (!this.over) {
      await scheduler.sleep(1_500);
      for (const table of ledger.tableNames()) {
        // A reader that a crash cuts off must not keep the next ones from reading.
        const cancel = new Promise<void>((resolve) => void scheduler.after(1_000, READER, "reader", resolve));
        await Promise.race([checkTable(this.world, table), cancel]);
      }
    }
  }

  private async lastComparison(): Promise<void> {
    const { world } = this;
    for (const table of world.ledger.tableNames()) await checkTable(world, table, true);
    await this.clients.readBack();
    for (const cluster of world.clusters.values()) this.checkPositionsOf(cluster, true);
    checkDisks(world);
    await this.scenario.compareAll();
    await this.scenario.awaitSynchronous();
    await this.caretaker.checkAll();
  }

  private report(): SimulationReport {
    const { scheduler, coverage, violations, topology, seed } = this.world;
    return {
      seed,
      topology: topology.name,
      violations,
      traceHash: scheduler.traceHash(),
      events: scheduler.events,
      operations: this.clients.operations,
      faults: this.faults.faults,
      virtualMilliseconds: scheduler.nowMilliseconds,
      coverage,
    };
  }
}

const READER = { alive: true, pausedUntilMilliseconds: 0 };
