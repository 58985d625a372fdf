import { SeededRandom } from "../simulation/seeded-random";
import { eventually } from "../support/server-process";
import type { ReplicaPair } from "./replica-pair";
import type { KilledPair, Side, Stage, Transition } from "./transition";
import type { WriteLedger } from "./write-ledger";

const NAME_COLUMNS = 64;

/** How many kills each transition and side had. */
export class KillTable {
  private readonly counts = new Map<string, { primary: number; secondary: number }>();

  constructor(names: readonly string[]) {
    for (const name of names) this.counts.set(name, { primary: 0, secondary: 0 });
  }

  add(name: string, side: Side): void {
    const row = this.counts.get(name);
    if (row !== undefined) row[side] += 1;
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, row) => sum + row.primary + row.secondary, 0);
  }

  /** Transitions during which one of the sides was killed less often than that. */
  missing(killsMin = 1): readonly string[] {
    return [...this.counts].flatMap(([name, { primary, secondary }]) => {
      return Math.min(primary, secondary) < killsMin ? [name] : [];
    });
  }

  print(title: string): string {
    const rows = [...this.counts].map(
      ([name, row]) =>
        `${name.padEnd(NAME_COLUMNS)} ${String(row.primary).padStart(8)} ${String(row.secondary).padStart(10)}`,
    );
    return `${title}\n${"killed at".padEnd(NAME_COLUMNS)} ${"primary".padStart(8)} ${"secondary".padStart(10)}\n${rows.join("\n")}\n${this.total} kills\n`;
  }
}

export interface Kill<Pair extends KilledPair = ReplicaPair> {
  readonly transition: Transition<Pair>;
  readonly side: Side;
}

/** What to kill next, for all pairs of one mode together: in rounds of every transition and side, each in a seeded order. */
export class KillSchedule<Pair extends KilledPair = ReplicaPair> {
  private round: Kill<Pair>[] = [];

  constructor(
    private readonly transitions: readonly Transition<Pair>[],
    private readonly random: SeededRandom,
  ) {}

  next(): Kill<Pair> {
    if (this.round.length === 0) {
      this.round = this.transitions.flatMap((transition) => [
        { transition, side: "primary" as const },
        { transition, side: "secondary" as const },
      ]);
    }
    const [kill] = this.round.splice(this.random.integerBelow(this.round.length), 1);
    if (kill === undefined) throw new Error("there is nothing to kill");
    return kill;
  }
}

export interface KillRun<Pair extends KilledPair = ReplicaPair> {
  readonly pair: Pair;
  readonly ledger: WriteLedger;
  readonly random: SeededRandom;
  readonly table: KillTable;
  readonly schedule: KillSchedule<Pair>;
  /** Asked before every kill. */
  readonly isOver: () => boolean;
}

const FINISH_MILLISECONDS = 60_000;
const SETTLE_MILLISECONDS = 60_000;

export async function killAsScheduled<Pair extends KilledPair>(run: KillRun<Pair>): Promise<void> {
  while (!run.isOver()) {
    const { transition, side } = run.schedule.next();
    await killOnce(run, transition, side);
  }
}

export interface KillOrder<Pair extends KilledPair> {
  readonly pair: Pair;
  readonly ledger: WriteLedger;
  readonly transitions: readonly Transition<Pair>[];
  readonly seed: string;
  /** Of each side at each transition. */
  readonly kills: number;
  readonly milliseconds: number;
}

/**
 * Kills so many times or for so long, but not without either side at every transition, however slow the machine; prints how many.
 * @throws what had to hold and did not
 */
export async function killAll<Pair extends KilledPair>(order: KillOrder<Pair>): Promise<void> {
  const { pair, ledger, transitions, seed, kills, milliseconds } = order;
  const table = new KillTable(transitions.map(({ name }) => `${pair.mode}: ${name}`));
  const names = transitions.map(({ name }) => name).join();
  const until = performance.now() + milliseconds;
  try {
    await killAsScheduled({
      pair,
      ledger,
      random: new SeededRandom("kill", seed, names),
      table,
      schedule: new KillSchedule(transitions, new SeededRandom("schedule", seed, names)),
      isOver: () => {
        const isLate = performance.now() > until && table.missing().length === 0;
        return isLate || table.missing(kills).length === 0;
      },
    });
  } finally {
    await ledger.stop();
    process.stdout.write(table.print(`seed ${seed}`));
  }
}

async function killOnce<Pair extends KilledPair>(
  { pair, ledger, random, table }: KillRun<Pair>,
  transition: Transition<Pair>,
  side: Side,
): Promise<void> {
  const victim = transition.victim?.(pair, side) ?? pair[side];
  const stage: Stage<Pair> = { pair, ledger, random, victim, underWay: [] };
  try {
    ledger.start();
    await transition.bringAbout(stage);
    await victim.server.stop("SIGKILL");
    table.add(`${pair.mode}: ${transition.name}`, side);
    await transition.whileDown?.(stage);
    for (const cluster of pair.clusters) if (!cluster.server.isRunning) await cluster.boot();
    ledger.start();
    await withinTime("a call that was under way", Promise.all(stage.underWay), FINISH_MILLISECONDS);
    const { finish } = transition;
    if (finish !== undefined) {
      await eventually("the operator", () => finish(stage).then(() => true), FINISH_MILLISECONDS);
    }
    await pair.settled(SETTLE_MILLISECONDS);
    await ledger.check(pair.primary);
    await transition.check?.(stage);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${pair.mode}: ${transition.name}, ${side} ${victim.name} killed: ${reason}\n${await pair.report()}`,
    );
  }
}

async function withinTime(what: string, work: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, refuse) => {
    timer = setTimeout(() => refuse(new Error(`${what} has not ended after ${milliseconds} ms`)), milliseconds);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
