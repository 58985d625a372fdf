import type { ServerProcess } from "../support/server-process";
import { ReplicaSet, streams, tell } from "./replica-set";
import { judge, type Row } from "./row";
import { fillPlain } from "./rows-replication-snapshot";

const KEYS = 100_000;
const ROUNDS = 3;
const CHANGED = [100, 1_000, 10_000];
/** So small that the log never reaches back to a secondary that was away. */
const RETENTION_BYTES = 65_536;

interface Diff {
  readonly milliseconds: number;
  readonly bytes: number;
}

/** Changes keys while the secondary is stopped, until the log has forgotten where it stood, and times its way back. */
async function diffAfter(set: ReplicaSet, secondary: ServerProcess, changed: number): Promise<Diff> {
  tell(`${changed} of ${KEYS} keys are changed`);
  await secondary.stop("SIGKILL");
  const { root } = set;
  for (let at = 0; at < changed; at += 50) {
    const some = Array.from({ length: 50 }, (_, n) => 1 + (((at + n) * Math.floor(KEYS / changed)) % KEYS));
    await Promise.all(some.map((n) => root.must("POST", `plain/${n % 100}/${n}`, { value: `${changed} `.repeat(40) })));
  }
  // The same key over and over: the difference stays what it is, the log moves on.
  for (let n = 0; n < 100; n += 1) await root.must("POST", "plain/1/1", { value: `${n} `.repeat(500) });
  const times = new Map<string, number>();
  const end = secondary.onLogLine((line) => note(times, line));
  const before = set.proxy.bytes.down;
  await secondary.boot();
  await streams(secondary, "performance");
  end();
  const [from, to] = [times.get("merkle-diff"), times.get("stream-wals")];
  if (from === undefined || to === undefined) throw new Error("the secondary did not come back by a diff");
  return { milliseconds: to - from, bytes: set.proxy.bytes.down - before };
}

/** When the secondary came into each state, by its own log. */
function note(times: Map<string, number>, line: string): void {
  if (!line.includes("replication state changed")) return;
  const facts = JSON.parse(line) as Record<string, string>;
  times.set(facts.to ?? "", Date.parse(facts["@timestamp"] ?? ""));
}

/** A secondary that was away for longer than the log reaches back: what it costs to compare, by how much differs. */
export async function replicationDiff(): Promise<Row[]> {
  const configuration = { replication: { log_retention_size: RETENTION_BYTES } };
  return ReplicaSet.with({ configuration }, async (set) => {
    // First, so that none of the many connections that fill it takes the cluster port.
    await set.enable("performance");
    tell(`${KEYS} keys are written`);
    await fillPlain(set.primary, set.rootToken, { valueBytes: 200, keys: KEYS });
    const before = set.proxy.bytes.down;
    const secondary = await set.follow("performance", "bench");
    const started = performance.now();
    await streams(secondary, "performance");
    const snapshotMilliseconds = performance.now() - started;
    const snapshotBytes = set.proxy.bytes.down - before;
    const rows: Row[] = [];
    for (const changed of CHANGED) {
      const rounds: Diff[] = [];
      for (let round = 0; round < ROUNDS; round += 1) rounds.push(await diffAfter(set, secondary, changed));
      const goals = changed === 100;
      const name = `${changed} of ${KEYS} keys changed`;
      rows.push(
        judge(
          `diff, ${name}, against the snapshot`,
          "ms",
          rounds.map(({ milliseconds }) => milliseconds),
          rounds.map(() => snapshotMilliseconds),
          goals ? within("value", 1_000) : undefined,
        ),
        judge(
          `diff, ${name}, against a snapshot`,
          "bytes",
          rounds.map(({ bytes }) => bytes),
          rounds.map(() => snapshotBytes),
          goals ? within("ratio", 0.02) : undefined,
        ),
      );
    }
    return rows;
  });
}

function within(of: "value" | "ratio", bound: number) {
  return { of, relation: "<=", bound } as const;
}
