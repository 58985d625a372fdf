import { readFileSync } from "node:fs";
import { ServerProcess } from "../support/server-process";
import { Followers } from "./followers";
import { runLoad } from "./load";
import { processorMicroseconds } from "./peer-process";
import { tell } from "./replica-set";
import { judge, type Row } from "./row";

const STEPS = [0, 1, 5, 10, 20];
const RATE = 1_000;
const SECONDS = 3;
const SECRETS = 64;
const ROUNDS = 25;
const FAN_OUT_ROUNDS = 3;
const ROUND_MILLISECONDS = 1_500;
const IDLE = 100;
const ACTIVE = 20;

interface Setting {
  readonly primary: ServerProcess;
  readonly token: string;
  readonly followers: Followers;
}

async function withPrimary<T>(use: (setting: Setting) => Promise<T>): Promise<T> {
  const primary = await ServerProcess.start({ name: "primary", sealKey: Buffer.alloc(32, 7).toString("base64") });
  let followers: Followers | undefined;
  try {
    const { rootToken: token } = await primary.initialize();
    const root = primary.api.with(token);
    await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
    await root.must("POST", "sys/replication/performance/primary/enable", {
      primary_cluster_addr: primary.clusterAddress,
    });
    followers = new Followers(primary, token);
    return await use({ primary, token, followers });
  } finally {
    followers?.close();
    await primary.destroy();
  }
}

/** Writes at a steady rate. @returns how many */
async function steadyWrites({ primary, token }: Setting): Promise<number> {
  const total = RATE * SECONDS;
  const underWay: Promise<unknown>[] = [];
  const started = performance.now();
  for (let sequence = 0; sequence < total; sequence += 1) {
    const wait = started + (sequence * 1000) / RATE - performance.now();
    if (wait > 1) await new Promise((settle) => setTimeout(settle, wait));
    await underWay[sequence % SECRETS];
    const path = `secret/data/steady/${sequence % SECRETS}`;
    underWay[sequence % SECRETS] = primary.api.must("POST", path, { data: { sequence } }, { token });
  }
  await Promise.all(underWay);
  return total;
}

function names(count: number, prefix: string): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}${n}`);
}

/** Processor time of the primary for each entry, with so many followers. Microseconds. */
async function costs(setting: Setting, envelopes: readonly string[]): Promise<ReadonlyMap<number, number>> {
  const { followers, primary } = setting;
  const found = new Map<number, number>();
  let connected = 0;
  for (const count of STEPS) {
    await followers.connect(envelopes.slice(connected, count));
    connected = count;
    tell(`${count} secondaries at ${RATE} writes/s`);
    const before = [await followers.counts(), processorMicroseconds(primary.pid)] as const;
    const written = await steadyWrites(setting);
    found.set(count, (processorMicroseconds(primary.pid) - before[1]) / written);
    const got = (await followers.counts()).map((entries, at) => entries - (before[0][at] ?? 0));
    if (got.some((entries) => entries < written * 0.95)) throw new Error(`a secondary got only ${Math.min(...got)}`);
  }
  return found;
}

/** What one more secondary costs for each entry: least squares over all steps of a round. */
function slopeOf(found: ReadonlyMap<number, number>): number {
  const points = [...found];
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanCount, meanCost] = [mean(points.map(([count]) => count)), mean(points.map(([, cost]) => cost))];
  let [above, below] = [0, 0];
  for (const [count, cost] of points) {
    above += (count - meanCount) * (cost - meanCost);
    below += (count - meanCount) ** 2;
  }
  return above / below;
}

/** Processor time by the number of secondaries: a straight line. */
export async function replicationFanOut(): Promise<Row[]> {
  return withPrimary(async (setting) => {
    const envelopes = await setting.followers.admit(names(ACTIVE, "f"));
    await steadyWrites(setting);
    const rounds: ReadonlyMap<number, number>[] = [];
    for (let round = 0; round < FAN_OUT_ROUNDS; round += 1) {
      rounds.push(await costs(setting, envelopes));
      await setting.followers.drop();
    }
    const alone = rounds.map((found) => found.get(0) ?? Number.NaN);
    const each = (count: number): readonly number[] =>
      rounds.map((found, round) => ((found.get(count) ?? Number.NaN) - (alone[round] ?? Number.NaN)) / count);
    const rows = STEPS.filter((count) => count > 0).map((count) =>
      judge(`CPU of a shipped entry for each of ${count} secondaries`, "us", each(count), alone, undefined),
    );
    const name = "CPU of a shipped entry for one secondary more (slope)";
    return [
      ...rows,
      judge(name, "us", rounds.map(slopeOf), alone, undefined),
      judge("the same at 20 secondaries against 5", "us", each(20), each(5), {
        of: "ratio",
        relation: "<=",
        bound: 1.2,
      }),
    ];
  });
}

async function throughput({ primary, token }: Setting): Promise<number> {
  const body = JSON.stringify({ data: { value: "x".repeat(300) } });
  const load = await runLoad({
    port: primary.port,
    connections: 64,
    durationMilliseconds: ROUND_MILLISECONDS,
    request: (connection, sequence) =>
      Buffer.from(
        `POST /v1/secret/data/load/${connection}/${sequence % 100} HTTP/1.1\r\nHost: a\r\nX-Vault-Token: ${token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
  });
  if (load.failures > 0) throw new Error(`${load.failures} of ${load.requests} writes were refused`);
  return load.requestsPerSecond;
}

/** What five secondaries take of a primary's writes, in turns with and without them. */
export async function replicationThroughput(): Promise<Row[]> {
  return withPrimary(async (setting) => {
    const { followers } = setting;
    const envelopes = await followers.admit(names(5, "f"));
    const values: number[] = [];
    const limits: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const alone = await throughput(setting);
      await followers.connect(envelopes);
      const followed = await throughput(setting);
      await followers.drop();
      // The first round warms up.
      if (round === 0) continue;
      values.push(followed);
      limits.push(alone);
    }
    const goal = { of: "ratio", relation: ">=", bound: 0.85 } as const;
    return [judge("writes of a primary with 5 secondaries, against none", "writes/s", values, limits, goal)];
  });
}

function residentMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1024;
}

/** Memory of a primary that serves 100 secondaries which get nothing (their filter leaves it out) and 20 that get everything. */
export async function replicationMemory(): Promise<Row[]> {
  return withPrimary(async (setting) => {
    const { primary, token, followers } = setting;
    const idle = names(IDLE, "idle");
    const root = primary.api.with(token);
    for (const id of idle) {
      const filter = { mode: "deny", paths: ["secret/"] };
      await root.must("POST", `sys/replication/performance/primary/paths-filter/${id}`, filter);
    }
    const idleEnvelopes = await followers.admit(idle);
    const activeEnvelopes = await followers.admit(names(ACTIVE, "active"));
    for (let warm = 0; warm < 2; warm += 1) await steadyWrites(setting);
    const alone = residentMegabytes(primary.pid);
    tell(`${IDLE} idle secondaries connect`);
    await followers.connect(idleEnvelopes);
    await steadyWrites(setting);
    const withIdle = residentMegabytes(primary.pid);
    tell(`${ACTIVE} active secondaries connect`);
    await followers.connect(activeEnvelopes);
    await steadyWrites(setting);
    const withAll = residentMegabytes(primary.pid);
    const counts = await followers.counts();
    if (counts.length !== IDLE + ACTIVE) throw new Error(`${counts.length} secondaries are connected`);
    return [
      judge("resident memory, no secondary", "MB", [alone], undefined, undefined),
      judge(`resident memory, ${IDLE} idle secondaries`, "MB", [withIdle], undefined, undefined),
      judge(`resident memory, ${IDLE} idle and ${ACTIVE} active`, "MB", [withAll], undefined, undefined),
      judge("of it for each idle secondary", "MB", [(withIdle - alone) / IDLE], undefined, undefined),
      judge("of it for each active secondary", "MB", [(withAll - withIdle) / ACTIVE], undefined, undefined),
    ];
  });
}
