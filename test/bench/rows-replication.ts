import { eventually, ServerProcess } from "../support/server-process";
import { percentile } from "./load";
import { judge, type Row } from "./row";

const WRITES_PER_SECOND = 500;
const SECONDS = 8;
const LATENCY_SAMPLES = 400;

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

/** Milliseconds from a write's acknowledgement to the moment the secondary shows it, at a steady rate of writes. */
async function delays({ primary, secondary, token, secondaryToken }: Pair): Promise<number[]> {
  const acknowledgedAt = new Map<number, number>();
  const seenAt = new Map<number, number>();
  let writing = true;
  const total = WRITES_PER_SECOND * SECONDS;
  const watch = async (): Promise<void> => {
    let last = 0;
    while (writing || last < total) {
      const answer = await secondary.api.get("secret/data/delay", { token: secondaryToken });
      const now = performance.now();
      const version = versionOf(answer.body);
      for (let passed = last + 1; passed <= version; passed += 1) seenAt.set(passed, now);
      last = Math.max(last, version);
    }
  };
  const watcher = watch();
  const started = performance.now();
  const inFlight: Promise<void>[] = [];
  for (let sequence = 0; sequence < total; sequence += 1) {
    const due = started + (sequence * 1000) / WRITES_PER_SECOND;
    const wait = due - performance.now();
    if (wait > 1) await new Promise((settle) => setTimeout(settle, wait));
    inFlight.push(
      primary.api.post("secret/data/delay", { data: { n: sequence } }, { token }).then((answer) => {
        acknowledgedAt.set(Number(answer.body.data?.version), performance.now());
      }),
    );
  }
  await Promise.all(inFlight);
  writing = false;
  await watcher;
  return [...acknowledgedAt]
    .map(([version, at]) => Math.max(0, (seenAt.get(version) ?? Number.NaN) - at))
    .sort((left, right) => left - right);
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
      judge("replication delay p50, 500 writes/s", "ms", [percentile(measured, 0.5)], undefined, undefined),
      judge("replication delay p99, 500 writes/s", "ms", [percentile(measured, 0.99)], undefined, {
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
