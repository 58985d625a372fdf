import type { SeededRandom } from "../simulation/seeded-random";
import { eventually } from "../support/server-process";
import type { ReplicaPair } from "./replica-pair";
import type { Side, Stage, Transition } from "./transition";
import type { WriteLedger } from "./write-ledger";

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

  /** Transitions during which one of the sides was never killed. */
  missing(): readonly string[] {
    return [...this.counts].flatMap(([name, row]) => (row.primary > 0 && row.secondary > 0 ? [] : [name]));
  }

  print(title: string): string {
    const rows = [...this.counts].map(
      ([name, row]) => `${name.padEnd(42)} ${String(row.primary).padStart(8)} ${String(row.secondary).padStart(10)}`,
    );
    return `${title}\n${"killed at".padEnd(42)} ${"primary".padStart(8)} ${"secondary".padStart(10)}\n${rows.join("\n")}\n${this.total} kills\n`;
  }
}

export interface Kill {
  readonly transition: Transition;
  readonly side: Side;
}

/** What to kill next, for all pairs of one mode together: in rounds of every transition and side, each in a seeded order. */
export class KillSchedule {
  private round: Kill[] = [];

  constructor(
    private readonly transitions: readonly Transition[],
    private readonly random: SeededRandom,
  ) {}

  next(): Kill {
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

export interface KillRun {
  readonly pair: ReplicaPair;
  readonly ledger: WriteLedger;
  readonly random: SeededRandom;
  readonly table: KillTable;
  readonly schedule: KillSchedule;
  /** Asked before every kill. */
  readonly isOver: () => boolean;
}

const FINISH_MILLISECONDS = 60_000;
const SETTLE_MILLISECONDS = 60_000;

export async function killAsScheduled(run: KillRun): Promise<void> {
  while (!run.isOver()) {
    const { transition, side } = run.schedule.next();
    await killOnce(run, transition, side);
  }
}

async function killOnce({ pair, ledger, random, table }: KillRun, transition: Transition, side: Side): Promise<void> {
  const victim = pair[side];
  const stage: Stage = { pair, ledger, random, victim, underWay: [] };
  try {
    ledger.start();
    await transition.bringAbout(stage);
    await victim.server.stop("SIGKILL");
    table.add(`${pair.mode}: ${transition.name}`, side);
    for (const cluster of pair.clusters) if (!cluster.server.isRunning) await cluster.boot();
    ledger.start();
    await withinTime("a call that was under way", Promise.all(stage.underWay), FINISH_MILLISECONDS);
    const { finish } = transition;
    if (finish !== undefined) {
      await eventually("the operator", () => finish(stage).then(() => true), FINISH_MILLISECONDS);
    }
    await pair.settled(SETTLE_MILLISECONDS);
    await ledger.check(pair.primary);
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
