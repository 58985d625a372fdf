import { percentile } from "./load";
import { login, ReplicaSet, tell } from "./replica-set";
import { type Goal, judge, type Row } from "./row";

const RATES = [100, 500, 2_000];
const ROUND_TRIPS = [0, 80, 200];
const SECONDS = 3;
const ROUNDS = 3;
/** Writers of one secret wait for each other, so the load goes to as many as may be under way at once. */
const SECRETS = 128;
/** Between two questions of the reader: one that never waits takes a processor away from who is measured. */
const QUESTION_MILLISECONDS = 1;
const WARM_UPS = 3;
/** The design's promise at 500 writes/s: round trip and so much more. */
const BEYOND_ROUND_TRIP_MILLISECONDS = 25;

interface Sides {
  readonly set: ReplicaSet;
  readonly secondaryToken: string;
  /** Grows over all measurements: versions of a secret tell which write is seen. */
  versions: number;
}

interface Measured {
  readonly sorted: readonly number[];
  /** What the writes themselves took in the same round, sorted: no delay is shorter than another commit. */
  readonly writes: readonly number[];
  readonly writesPerSecond: number;
}

/**
 * Milliseconds from a write's acknowledgement to the moment a reader of the secondary sees it. The reader asks over and over
 * for the write that was just sent, so what one question takes is in the figure.
 */
async function delays(sides: Sides, rate: number): Promise<Measured> {
  const { set } = sides;
  const total = Math.ceil((rate * SECONDS) / SECRETS) * SECRETS;
  const acknowledgedAt = new Map<number, number>();
  const writes: number[] = [];
  const progress = { sent: 0, done: false };
  const watching = watch(sides, progress);
  const started = performance.now();
  const underWay: Promise<void>[] = [];
  for (let sequence = 0; sequence < total; sequence += 1) {
    const wait = started + (sequence * 1000) / rate - performance.now();
    if (wait > 1) await pause(wait);
    // On a machine that cannot keep up the rate falls instead of a queue growing.
    await underWay[sequence % SECRETS];
    progress.sent = sequence;
    const sentAt = performance.now();
    underWay[sequence % SECRETS] = set.primary.api
      .must("POST", pathOf(sequence), { data: { n: sequence } }, { token: set.rootToken })
      .then(() => {
        acknowledgedAt.set(sequence, performance.now());
        writes.push(performance.now() - sentAt);
      });
  }
  await Promise.all(underWay);
  const writesPerSecond = (total * 1000) / (performance.now() - started);
  progress.done = true;
  const seenAt = await watching;
  sides.versions += total / SECRETS;
  const sorted = [...seenAt]
    .map(([sequence, at]) => Math.max(0, at - (acknowledgedAt.get(sequence) ?? Number.NaN)))
    .sort((left, right) => left - right);
  return { sorted, writes: writes.sort((left, right) => left - right), writesPerSecond };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((settle) => setTimeout(settle, milliseconds));
}

function pathOf(sequence: number): string {
  return `secret/data/delay/${sequence % SECRETS}`;
}

async function watch(
  { set, secondaryToken, versions }: Sides,
  progress: { readonly sent: number; readonly done: boolean },
): Promise<ReadonlyMap<number, number>> {
  const [secondary] = set.secondaries;
  const seenAt = new Map<number, number>();
  for (let sequence = 0; !progress.done || !seenAt.has(progress.sent); sequence = progress.sent) {
    const version = versions + Math.floor(sequence / SECRETS) + 1;
    while ((await versionOn(secondary, sequence)) < version) await pause(QUESTION_MILLISECONDS);
    if (!seenAt.has(sequence)) seenAt.set(sequence, performance.now());
  }
  return seenAt;

  async function versionOn(server: typeof secondary, sequence: number): Promise<number> {
    const answer = await server?.api.get(pathOf(sequence), { token: secondaryToken });
    return Number((answer?.body.data?.metadata as { version?: number } | undefined)?.version ?? 0);
  }
}

function rowsOf(rate: number, roundTrip: number, rounds: readonly Measured[]): Row[] {
  const where = `${rate} writes/s, round trip ${roundTrip} ms`;
  const bound = roundTrip + BEYOND_ROUND_TRIP_MILLISECONDS;
  const delay = (name: string, share: number, goal?: Goal): Row =>
    judge(
      `replication delay ${name}, ${where}, against it and the write`,
      "ms",
      rounds.map(({ sorted }) => percentile(sorted, share)),
      rounds.map(({ writes }) => roundTrip + percentile(writes, share)),
      goal,
    );
  const inFact = rounds.map(({ writesPerSecond }) => writesPerSecond);
  const wanted = rounds.map(() => rate);
  return [
    judge(`writes in fact, ${where}`, "writes/s", inFact, wanted, undefined),
    delay("p50", 0.5),
    delay("p99", 0.99, rate === 500 ? { of: "value", relation: "<=", bound } : undefined),
  ];
}

/** From the acknowledgement at the primary to a reader of a performance secondary, by rate and distance. */
export async function replicationDelay(): Promise<Row[]> {
  return ReplicaSet.with({}, async (set) => {
    await set.enable("performance");
    const secondary = await set.add("performance", "bench");
    const sides: Sides = { set, secondaryToken: await login(secondary), versions: 0 };
    for (let round = 0; round < WARM_UPS; round += 1) await delays(sides, 500);
    const rows: Row[] = [];
    for (const roundTrip of ROUND_TRIPS) {
      await set.setRoundTrip(roundTrip);
      for (const rate of RATES) {
        tell(`delay at ${rate} writes/s, round trip ${roundTrip} ms`);
        const measured: Measured[] = [];
        for (let round = 0; round < ROUNDS; round += 1) measured.push(await delays(sides, rate));
        rows.push(...rowsOf(rate, roundTrip, measured));
      }
    }
    return rows;
  });
}
