import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { Coverage } from "./coverage";
import { Fleet } from "./fleet";
import { FAULTS_MIN, MILLISECONDS_DEFAULT, OPERATIONS_MIN, simulate } from "./simulation";
import { isFailed, replayCommand, type SimulationJob, type SimulationOutcome } from "./simulation-job";

const SEEDS = 500;
const SEEDS_PER_TEST = 50;
/** A machine that does much else at the same time is slow. */
const TEST_MILLISECONDS_MAX = 20 * 60_000;

const folder = mkdtempSync(join(tmpdir(), "meridian-simulation-"));
const total = new Coverage();
let fleet: Fleet;

beforeAll(async () => {
  const workerPath = join(folder, "worker.js");
  await build({
    entryPoints: [join(__dirname, "worker.ts")],
    outfile: workerPath,
    bundle: true,
    platform: "node",
    target: "node20",
    sourcemap: true,
  });
  fleet = new Fleet({ workerPath, processes: cpus().length });
});

afterAll(async () => {
  await fleet.close();
  rmSync(folder, { recursive: true });
});

async function outcomesOf(jobs: readonly SimulationJob[]): Promise<readonly SimulationOutcome[]> {
  const outcomes: SimulationOutcome[] = [];
  await fleet.run(jobs[Symbol.iterator](), (outcome) => outcomes.push(outcome));
  return outcomes;
}

test.each(
  Array.from({ length: SEEDS / SEEDS_PER_TEST }, (_, at) => [1 + at * SEEDS_PER_TEST, (at + 1) * SEEDS_PER_TEST]),
)(
  "seeds %i to %i keep the invariants",
  async (first, last) => {
    const seeds = Array.from({ length: last - first + 1 }, (_, at) => first + at);
    const outcomes = await outcomesOf(seeds.map((seed) => ({ seed, milliseconds: MILLISECONDS_DEFAULT })));
    for (const { coverage } of outcomes) total.addAll(coverage);
    const failed = outcomes.filter(isFailed).map(({ seed, violations, error }) => ({
      replay: replayCommand(seed, MILLISECONDS_DEFAULT, MILLISECONDS_DEFAULT),
      found: [...violations.map(({ invariant, text }) => `invariant ${invariant}: ${text}`), ...(error ?? [])],
    }));
    expect(failed).toEqual([]);
    const idle = outcomes.filter(({ operations, faults }) => operations < OPERATIONS_MIN || faults < FAULTS_MIN);
    expect(idle.map(({ seed, operations, faults }) => ({ seed, operations, faults }))).toEqual([]);
    expect(outcomes.length).toBe(seeds.length);
  },
  TEST_MILLISECONDS_MAX,
);

test("the seeds together reached every fault, transition and check that is required", () => {
  expect(total.unreached()).toEqual([]);
});

test("two runs of one seed do the same in the same order, in any process", async () => {
  for (const seed of [1_001, 1_002, 1_003, 1_004]) {
    const job = { seed, milliseconds: MILLISECONDS_DEFAULT };
    const [first, second] = await outcomesOf([job, job]);
    expect(second?.traceHash).toBe(first?.traceHash);
    expect(second?.events).toBe(first?.events);
    expect(first?.error).toBeUndefined();
  }
  const here = await simulate({ seed: 1_001 });
  const [there, other] = await outcomesOf([1_001, 1_002].map((seed) => ({ seed, milliseconds: MILLISECONDS_DEFAULT })));
  expect([there?.traceHash, other?.traceHash]).toContain(here.traceHash);
  expect(there?.traceHash).not.toBe(other?.traceHash);
}, 120_000);
