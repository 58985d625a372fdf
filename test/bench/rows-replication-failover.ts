import { eventually, type ServerProcess } from "../support/server-process";
import { percentile } from "./load";
import { ReplicaSet, streams, tell } from "./replica-set";
import { judge, type Row } from "./row";

const PLANNED_RUNS = 8;
const UNPLANNED_RUNS = 3;
const WRITERS = 4;
const BEFORE_MILLISECONDS = 400;
/** Most that the second cluster may take to be writable; beyond it the run counts as failed. */
const WRITABLE_MILLISECONDS_MAX = 30_000;

/** Two clusters of one DR set: `a` and `b`, either may be the primary. */
interface Sides {
  readonly servers: Readonly<Record<"a" | "b", ServerProcess>>;
  readonly token: string;
  readonly operationToken: string;
}

async function withSides<T>(use: (sides: Sides) => Promise<T>): Promise<T> {
  return ReplicaSet.with({}, async (set) => {
    const { root } = set;
    await root.must("PUT", "sys/policies/acl/dr-operator", {
      policy: 'path "sys/replication/dr/secondary/*" { capabilities = ["read", "update"] }',
    });
    await root.must("POST", "auth/token/roles/dr-operator", {
      token_type: "batch",
      orphan: true,
      renewable: false,
      allowed_policies: "dr-operator",
    });
    const operator = await root.must("POST", "auth/token/create/dr-operator", { policies: ["dr-operator"], ttl: "1h" });
    await set.enable("dr");
    const b = await set.add("dr", "b");
    const operationToken = String(operator.auth?.client_token);
    return await use({ servers: { a: set.primary, b }, token: set.rootToken, operationToken });
  });
}

/** Clients that write on and on, each a new secret, to whichever cluster takes it, and remember what was acknowledged. */
class Writers {
  readonly acknowledged: string[] = [];
  readonly times: number[] = [];
  private stopped = false;
  private readonly loops: Promise<void>[];

  constructor(
    private readonly sides: Sides,
    private readonly run: string,
    first: "a" | "b",
  ) {
    this.loops = Array.from({ length: WRITERS }, (_, writer) => this.write(writer, first));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.loops);
  }

  /** The longest time in which nobody's write was acknowledged. */
  gapMilliseconds(): number {
    const sorted = [...this.times].sort((left, right) => left - right);
    return sorted.reduce((longest, time, at) => Math.max(longest, time - (sorted[at - 1] ?? time)), 0);
  }

  private async write(writer: number, first: "a" | "b"): Promise<void> {
    let target = first;
    for (let sequence = 0; !this.stopped; sequence += 1) {
      const path = `secret/data/${this.run}/${writer}-${sequence}`;
      const options = { token: this.sides.token, timeoutMilliseconds: 1_000 };
      const body = { data: { path } };
      const answer = await this.sides.servers[target].api.post(path, body, options).catch(() => undefined);
      if (answer?.status === 200) {
        this.acknowledged.push(path);
        this.times.push(performance.now());
      } else {
        target = target === "a" ? "b" : "a";
        await new Promise((settle) => setTimeout(settle, 5));
      }
    }
  }
}

async function lostOf(server: ServerProcess, token: string, paths: readonly string[]): Promise<number> {
  let lost = 0;
  for (const path of paths) {
    const answer = await server.api.get(path, { token });
    if ((answer.body.data?.data as { path?: string } | undefined)?.path !== path) lost += 1;
  }
  return lost;
}

interface Outcome {
  readonly gap: number;
  /** The longest time without an acknowledgement before anybody asked for anything, under the same load. */
  readonly usualGap: number;
  readonly lost: number;
}

/** Hands the set over under load, as an operator would: demote with the target, promote, let the old primary follow. */
async function handOver(sides: Sides, from: "a" | "b", run: number): Promise<Outcome> {
  const to = from === "a" ? "b" : "a";
  const { servers, token, operationToken: dr_operation_token } = sides;
  const writers = new Writers(sides, `planned-${run}`, from);
  let usualGap = 0;
  try {
    await new Promise((settle) => setTimeout(settle, BEFORE_MILLISECONDS));
    usualGap = writers.gapMilliseconds();
    await servers[from].api.must("POST", "sys/replication/dr/primary/demote", { target: to }, { token });
    const address = { primary_cluster_addr: servers[to].clusterAddress };
    await servers[to].api.must("POST", "sys/replication/dr/secondary/promote", { dr_operation_token, ...address });
    const wrapped = await eventually("a token for the old primary", async () => {
      const answer = await servers[to].api.post("sys/replication/dr/primary/secondary-token", { id: from }, { token });
      return answer.status === 200 && (answer.body.wrap_info as { token: string }).token;
    });
    await servers[from].api.must("POST", "sys/replication/dr/secondary/update-primary", {
      dr_operation_token,
      token: wrapped,
      primary_api_addr: servers[to].api.address,
    });
    await streams(servers[from], "dr");
    const acknowledged = writers.acknowledged.length;
    await eventually("writes go on", async () => writers.acknowledged.length > acknowledged + WRITERS);
  } finally {
    await writers.stop();
  }
  return { gap: writers.gapMilliseconds(), usualGap, lost: await lostOf(servers[to], token, writers.acknowledged) };
}

async function planned(): Promise<readonly Outcome[]> {
  return withSides(async (sides) => {
    const outcomes: Outcome[] = [];
    for (let run = 0; run < PLANNED_RUNS; run += 1) {
      outcomes.push(await handOver(sides, run % 2 === 0 ? "a" : "b", run));
      tell(`planned failover ${run + 1}: ${outcomes.at(-1)?.gap.toFixed(0)} ms, ${outcomes.at(-1)?.lost} lost`);
    }
    return outcomes;
  });
}

/** From the operator's promotion, after the primary was killed, to the first write that is acknowledged. */
async function unplanned(run: number): Promise<number> {
  return withSides(async ({ servers, token, operationToken }) => {
    await servers.a.api.must("POST", "secret/data/before", { data: { run } }, { token });
    await servers.a.stop("SIGKILL");
    const started = performance.now();
    await servers.b.api.must("POST", "sys/replication/dr/secondary/promote", {
      dr_operation_token: operationToken,
      force: true,
    });
    await eventually(
      "a write",
      async () => (await servers.b.api.post("secret/data/after", { data: { run } }, { token })).status === 200,
      WRITABLE_MILLISECONDS_MAX,
    );
    const milliseconds = performance.now() - started;
    tell(`unplanned failover ${run + 1}: ${milliseconds.toFixed(0)} ms`);
    return milliseconds;
  });
}

/** The gap in acknowledged writes when the set is handed over, what is lost then, and how soon a survivor takes over. */
export async function replicationFailover(): Promise<Row[]> {
  const outcomes = await planned();
  const gaps = outcomes.map((outcome) => outcome.gap);
  const usualGaps = outcomes.map((outcome) => outcome.usualGap);
  const sorted = [...gaps].sort((left, right) => left - right);
  const times: number[] = [];
  for (let run = 0; run < UNPLANNED_RUNS; run += 1) times.push(await unplanned(run));
  return [
    judge("planned failover, gap in writes, against the longest before it", "ms", gaps, usualGaps, undefined),
    judge("planned failover, gap in writes, p99 of the runs", "ms", [percentile(sorted, 0.99)], undefined, {
      of: "value",
      relation: "<=",
      bound: 500,
    }),
    judge(
      "planned failover, acknowledged writes lost, worst run",
      "writes",
      [Math.max(...outcomes.map((outcome) => outcome.lost))],
      undefined,
      { of: "value", relation: "<=", bound: 0 },
    ),
    judge("unplanned failover, promotion to first write", "ms", times, undefined, undefined),
  ];
}
