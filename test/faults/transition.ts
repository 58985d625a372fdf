import type { SeededRandom } from "../simulation/seeded-random";
import type { FaultCluster, Mode } from "./fault-cluster";
import type { ReplicaPair } from "./replica-pair";
import type { WriteLedger } from "./write-ledger";

export type Side = "primary" | "secondary";

/** Two clusters of which one is killed, and who else is of their set. */
export interface KilledPair {
  readonly mode: Mode;
  readonly primary: FaultCluster;
  readonly secondary: FaultCluster;
  readonly clusters: readonly FaultCluster[];
  /** Everybody follows whom they should and holds the same, without anybody's help. */
  settled(timeoutMilliseconds?: number): Promise<void>;
  /** For failure messages. */
  report(): Promise<string>;
}

/** What a transition has at hand. */
export interface Stage<Pair extends KilledPair = ReplicaPair> {
  readonly pair: Pair;
  readonly ledger: WriteLedger;
  readonly random: SeededRandom;
  /** The cluster that will be killed. */
  readonly victim: FaultCluster;
  /** Calls that bring the transition about and may outlive its moment: a demotion waits for its target through the kill. */
  readonly underWay: Promise<unknown>[];
}

/** One change of state during which either side is killed. */
export interface Transition<Pair extends KilledPair = ReplicaPair> {
  readonly name: string;
  readonly modes: readonly Mode[];
  /** Who is killed. Left out: who plays the part before the transition is brought about. */
  readonly victim?: (pair: Pair, side: Side) => FaultCluster;
  /** Brings it about and resolves when its moment has come: the victim is killed then. */
  readonly bringAbout: (stage: Stage<Pair>) => Promise<void>;
  /** What happens while the victim is still down. */
  readonly whileDown?: (stage: Stage<Pair>) => Promise<void>;
  /** What an operator does who got no answer. Tried until it succeeds; left out: nobody does anything. */
  readonly finish?: (stage: Stage<Pair>) => Promise<void>;
  /** What else has to hold once everybody has settled. @throws what does not */
  readonly check?: (stage: Stage<Pair>) => Promise<void>;
}

export const BOTH: readonly Mode[] = ["dr", "performance"];

export function pause(milliseconds: number): Promise<void> {
  return new Promise((settle) => setTimeout(settle, milliseconds));
}

/** Begins the call and resolves a seeded moment later, whatever becomes of the call. */
export async function duringCall(
  stage: Stage<KilledPair>,
  spanMilliseconds: number,
  call: () => Promise<unknown>,
): Promise<void> {
  begin(stage, call());
  await pause(stage.random.between(0, spanMilliseconds));
}

export function begin({ underWay }: Stage<KilledPair>, call: Promise<unknown> | undefined): void {
  underWay.push(Promise.resolve(call).catch(() => undefined));
}

/** Resolves when the cluster has logged the line, or a seeded moment after. @throws when it does not */
export async function atLogLine(
  stage: Stage<KilledPair>,
  cluster: FaultCluster,
  pattern: RegExp,
  cause: () => Promise<unknown> | undefined,
): Promise<void> {
  const { line } = cluster.logged(pattern);
  begin(stage, cause());
  if ((await line) === undefined) throw new Error(`${cluster.name} did not log ${pattern.source}`);
  if (stage.random.chance(0.5)) await pause(stage.random.between(0, 15));
}

/** At the call's log line, or a seeded moment after the call began: before what the line tells is so. */
export async function atCall(
  stage: Stage<KilledPair>,
  cluster: FaultCluster,
  pattern: RegExp,
  call: () => Promise<unknown>,
): Promise<void> {
  if (stage.random.chance(0.5)) await atLogLine(stage, cluster, pattern, call);
  else await duringCall(stage, 25, call);
}

export function told(message: string): RegExp {
  return new RegExp(`"@message":"${message}"`);
}

export function stateChange(from: string, to: string): RegExp {
  return new RegExp(`"replication state changed".*"from":"${from}","to":"${to}"`);
}

/** The secondary's link is cut, and what is written meanwhile is more than the log keeps. */
export async function leaveBehind({ pair }: Stage): Promise<void> {
  const { proxy } = pair.primary;
  await proxy.set({ up: "held", down: "held" });
  await writeLarge(pair.primary, 10);
  proxy.reset();
  await proxy.clear();
}

/** The secondary's link stands, but is too slow: when its window opens again the log no longer has what comes next. */
export async function outrun({ pair, random }: Stage): Promise<void> {
  const { proxy } = pair.primary;
  await proxy.set(random.chance(0.5) ? { up: "held" } : { down: "held" });
  await writeLarge(pair.primary, 20);
  await proxy.clear();
}

/** Ten are more than the short log keeps. */
export async function writeLarge(primary: FaultCluster, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    await primary.admin("POST", `secret/data/large-${n}`, { data: { v: `${n % 10}`.repeat(20_000) } });
  }
}
