import type { ServerProcess } from "../support/server-process";
import { percentile } from "./load";
import { login, ReplicaSet, tell } from "./replica-set";
import { judge, type Row } from "./row";

const ROUND_TRIPS = [0, 80, 200];
const CLIENTS = 8;
const MILLISECONDS = 1_500;
const ROUNDS = 5;
const VISIBLE_SAMPLES = 300;

type Act = (client: number, sequence: number) => Promise<unknown>;

/** Sorted milliseconds that `act` took, eight at a time. */
async function latencies(act: Act): Promise<readonly number[]> {
  const samples: number[] = [];
  const until = performance.now() + MILLISECONDS;
  const drive = async (client: number): Promise<void> => {
    for (let sequence = 0; performance.now() < until; sequence += 1) {
      const started = performance.now();
      await act(client, sequence);
      samples.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, client) => drive(client)));
  return sorted(samples);
}

function writing(server: ServerProcess, token: string): Act {
  return (client, sequence) =>
    server.api.must("POST", `secret/data/forward/${client}/${sequence % 50}`, { data: { sequence } }, { token });
}

interface Waits {
  /** Sorted milliseconds of a read that names the index of the write before it, and of the same read again without it. */
  readonly own: readonly number[];
  readonly plain: readonly number[];
}

/**
 * How long a reader of the secondary waits who brings the index of a write that the primary has just acknowledged: the answer
 * comes when the write is there.
 */
async function readYourWrites(set: ReplicaSet, secondary: ServerProcess, token: string): Promise<Waits> {
  const [own, plain]: [number[], number[]] = [[], []];
  for (let sample = 0; sample < VISIBLE_SAMPLES; sample += 1) {
    const path = `secret/data/own/${sample % 20}`;
    const written = await set.primary.api.post(path, { data: { sample } }, { token: set.rootToken });
    const index = String(written.headers["x-vault-index"] ?? "");
    if (index === "") throw new Error("the write's answer names no index");
    const started = performance.now();
    const answer = await secondary.api.get(path, { token, headers: { "X-Vault-Index": index } });
    const seen = performance.now();
    own.push(seen - started);
    const value = (answer.body.data?.data as { sample?: number } | undefined)?.sample;
    if (value !== sample) throw new Error(`the secondary answered ${value} instead of ${sample}`);
    await secondary.api.get(path, { token });
    plain.push(performance.now() - seen);
  }
  return { own: sorted(own), plain: sorted(plain) };
}

function sorted(samples: readonly number[]): readonly number[] {
  return [...samples].sort((left, right) => left - right);
}

async function inRounds<T>(measure: () => Promise<T>): Promise<readonly T[]> {
  const rounds: T[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measure());
  return rounds;
}

async function rowsAt(set: ReplicaSet, secondary: ServerProcess, token: string, roundTrip: number): Promise<Row[]> {
  tell(`forwarded writes, round trip ${roundTrip} ms`);
  await set.setRoundTrip(roundTrip);
  const rounds = await inRounds(async () => ({
    local: await latencies(writing(set.primary, set.rootToken)),
    forwarded: await latencies(writing(secondary, token)),
  }));
  const at = (share: number, what: string): Row =>
    judge(
      `forwarded write ${what}, round trip ${roundTrip} ms, against it and a local one`,
      "ms",
      rounds.map(({ forwarded }) => percentile(forwarded, share)),
      rounds.map(({ local }) => roundTrip + percentile(local, share)),
      undefined,
    );
  return [at(0.5, "p50"), at(0.99, "p99")];
}

/** Writes through a performance secondary, and the wait for one's own writes there. */
export async function replicationForward(): Promise<Row[]> {
  return ReplicaSet.with({}, async (set) => {
    await set.enable("performance");
    const secondary = await set.add("performance", "bench");
    const token = await login(secondary);
    await latencies(writing(secondary, token));
    const rows: Row[] = [];
    for (const roundTrip of ROUND_TRIPS) rows.push(...(await rowsAt(set, secondary, token, roundTrip)));
    await set.setRoundTrip(0);
    const rounds = await inRounds(() => readYourWrites(set, secondary, token));
    const waits = (share: number, what: string): Row =>
      judge(
        `read-your-writes wait ${what}, against a read that need not wait`,
        "ms",
        rounds.map(({ own }) => percentile(own, share)),
        rounds.map(({ plain }) => percentile(plain, share)),
        undefined,
      );
    return [...rows, waits(0.5, "p50"), waits(0.99, "p99")];
  });
}
