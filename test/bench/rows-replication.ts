import { eventually, ServerProcess } from "../support/server-process";
import { percentile } from "./load";
import { judge, type Row } from "./row";

const WRITES_PER_SECOND = 500;
const SECONDS = 10;
const LATENCY_SAMPLES = 400;
/** Writers of one secret wait for each other, so the load goes to as many as may be under way at once. */
const SECRETS = 64;

interface Pair {
  readonly primary: ServerProcess;
  readonly secondary: ServerProcess;
  readonly token: string;
  readonly secondaryToken: string;
}

/** A primary and a performance secondary on loopback, with one KV version 2 mount and a user on both. */
async function withPair<T>(use: (pair: Pair) => Promise<T>): Promise<T> {
  const primary = await ServerProcess.start({ name: "primary" });
  const secondary = await ServerProcess.start({ name: "secondary" });
  try {
    const { rootToken, keys } = await primary.initialize();
    const root = primary.api.with(rootToken);
    await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
    await root.must("PUT", "sys/policies/acl/bench", {
      policy: 'path "secret/*" { capabilities = ["create", "read", "update"] }',
    });
    await root.must("POST", "sys/auth/userpass", { type: "userpass" });
    await root.must("POST", "auth/userpass/users/bench", { password: "bench-password", token_policies: "bench" });
    await root.must("POST", "sys/replication/performance/primary/enable", {
      primary_cluster_addr: primary.clusterAddress,
    });
    const wrapped = await root.must("POST", "sys/replication/performance/primary/secondary-token", { id: "bench" });
    const other = await secondary.initialize();
    await secondary.api.with(other.rootToken).must("POST", "sys/replication/performance/secondary/enable", {
      token: (wrapped.wrap_info as { token: string }).token,
      primary_api_addr: primary.api.address,
    });
    await eventually("the secondary streams", async () => {
      const status = await secondary.api.get("sys/replication/performance/status");
      if (status.status === 503) await secondary.unseal(keys);
      return status.body.data?.state === "stream-wals";
    });
    const login = await eventually("a login on the secondary", async () => {
      const answer = await secondary.api.post("auth/userpass/login/bench", { password: "bench-password" });
      return answer.status === 200 && String((answer.body.auth as { client_token: string }).client_token);
    });
    return await use({ primary, secondary, token: rootToken, secondaryToken: login });
  } finally {
    await primary.destroy();
    await secondary.destroy();
  }
}

function versionOf(body: { readonly data?: Record<string, unknown> | null }): number {
  return Number((body.data?.metadata as { version?: number } | undefined)?.version ?? 0);
}

interface Delays {
  /** Sorted, milliseconds. */
  readonly sorted: readonly number[];
  readonly writesPerSecond: number;
}

function pathOf(sequence: number): string {
  return `secret/data/delay/${sequence % SECRETS}`;
}

/**
 * Milliseconds from a write's acknowledgement to the moment a reader of the secondary sees it, at a steady rate of writes.
 * The reader asks over and over for the write that was just sent, so what one question takes is in the figure.
 */
async function delays(pair: Pair): Promise<Delays> {
  const total = WRITES_PER_SECOND * SECONDS;
  const acknowledgedAt = new Map<number, number>();
  const progress = { sent: 0, done: false };
  const watching = watch(pair, progress);
  const started = performance.now();
  const underWay: Promise<void>[] = [];
  for (let sequence = 0; sequence < total; sequence += 1) {
    const wait = started + (sequence * 1000) / WRITES_PER_SECOND - performance.now();
    if (wait > 1) await new Promise((settle) => setTimeout(settle, wait));
    // The write of the same secret before: on a machine that cannot keep up, the rate falls instead of a queue growing.
    await underWay[sequence % SECRETS];
    progress.sent = sequence;
    underWay[sequence % SECRETS] = pair.primary.api
      .must("POST", pathOf(sequence), { data: { n: sequence } }, { token: pair.token })
      .then(() => void acknowledgedAt.set(sequence, performance.now()));
  }
  await Promise.all(underWay);
  const writesPerSecond = (total * 1000) / (performance.now() - started);
  progress.done = true;
  const seenAt = await watching;
  const sorted = [...seenAt]
    .map(([sequence, at]) => Math.max(0, at - (acknowledgedAt.get(sequence) ?? Number.NaN)))
    .sort((left, right) => left - right);
  return { sorted, writesPerSecond };
}

/** When the secondary first showed the watched writes. */
async function watch(
  { secondary, secondaryToken }: Pair,
  progress: { readonly sent: number; readonly done: boolean },
): Promise<ReadonlyMap<number, number>> {
  const seenAt = new Map<number, number>();
  for (let sequence = 0; !progress.done || !seenAt.has(progress.sent); sequence = progress.sent) {
    const version = Math.floor(sequence / SECRETS) + 1;
    for (;;) {
      const answer = await secondary.api.get(pathOf(sequence), { token: secondaryToken });
      if (versionOf(answer.body) >= version) break;
    }
    if (!seenAt.has(sequence)) seenAt.set(sequence, performance.now());
  }
  return seenAt;
}

async function latencies(server: ServerProcess, token: string): Promise<number[]> {
  const samples: number[] = [];
  for (let sample = 0; sample < LATENCY_SAMPLES; sample += 1) {
    const started = performance.now();
    await server.api.must("POST", `secret/data/latency/${sample % 50}`, { data: { sample } }, { token });
    samples.push(performance.now() - started);
  }
  return samples.sort((left, right) => left - right);
}

export async function replication(): Promise<Row[]> {
  return withPair(async (pair) => {
    const measured = await delays(pair);
    await latencies(pair.primary, pair.token);
    const local = await latencies(pair.primary, pair.token);
    const forwarded = await latencies(pair.secondary, pair.secondaryToken);
    return [
      judge("writes while the delay is measured", "writes/s", [measured.writesPerSecond], undefined, undefined),
      judge("replication delay p50, 500 writes/s", "ms", [percentile(measured.sorted, 0.5)], undefined, undefined),
      judge("replication delay p99, 500 writes/s", "ms", [percentile(measured.sorted, 0.99)], undefined, {
        of: "value",
        relation: "<=",
        bound: 50,
      }),
      judge(
        "forwarded write p50 against local",
        "ms",
        [percentile(forwarded, 0.5)],
        [percentile(local, 0.5)],
        undefined,
      ),
      judge(
        "forwarded write p99 against local",
        "ms",
        [percentile(forwarded, 0.99)],
        [percentile(local, 0.99)],
        undefined,
      ),
    ];
  });
}
