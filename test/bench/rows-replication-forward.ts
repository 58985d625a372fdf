import type { ServerProcess } from "../support/server-process";
import { percentile } from "./load";
import { login, ReplicaSet, tell } from "./replica-set";
import { judge, type Row } from "./row";

const ROUND_TRIPS = [0, 80, 200];
const CLIENTS = 8;
const MILLISECONDS = 3_000;
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
  return samples.sort((left, right) => left - right);
}

function writing(server: ServerProcess, token: string): Act {
  return (client, sequence) =>
    server.api.must("POST", `secret/data/forward/${client}/${sequence % 50}`, { data: { sequence } }, { token });
}

/**
 * How long a reader of the secondary waits who brings the index of a write that the primary has just acknowledged: the answer
 * comes when the write is there.
 */
async function readYourWrites(set: ReplicaSet, secondary: ServerProcess, token: string): Promise<readonly number[]> {
  const waits: number[] = [];
  for (let sample = 0; sample < VISIBLE_SAMPLES; sample += 1) {
    const path = `secret/data/own/${sample % 20}`;
    const written = await set.primary.api.post(path, { data: { sample } }, { token: set.rootToken });
    const index = String(written.headers["x-vault-index"] ?? "");
    if (index === "") throw new Error("the write's answer names no index");
    const started = performance.now();
    const answer = await secondary.api.get(path, { token, headers: { "X-Vault-Index": index } });
    waits.push(performance.now() - started);
    const value = (answer.body.data?.data as { sample?: number } | undefined)?.sample;
    if (value !== sample) throw new Error(`the secondary answered ${value} instead of ${sample}`);
  }
  return waits.sort((left, right) => left - right);
}

async function rowsAt(set: ReplicaSet, secondary: ServerProcess, token: string, roundTrip: number): Promise<Row[]> {
  tell(`forwarded writes, round trip ${roundTrip} ms`);
  await set.setRoundTrip(roundTrip);
  const local = await latencies(writing(set.primary, set.rootToken));
  const forwarded = await latencies(writing(secondary, token));
  const at = (share: number, what: string): Row =>
    judge(
      `forwarded write ${what}, round trip ${roundTrip} ms, against it and a local one`,
      "ms",
      [percentile(forwarded, share)],
      [roundTrip + percentile(local, share)],
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
    const waits = await readYourWrites(set, secondary, token);
    rows.push(
      judge("read-your-writes wait p50", "ms", [percentile(waits, 0.5)], undefined, undefined),
      judge("read-your-writes wait p99", "ms", [percentile(waits, 0.99)], undefined, undefined),
    );
    return rows;
  });
}
