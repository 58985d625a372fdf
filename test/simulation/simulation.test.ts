import { Coverage } from "./coverage";
import { FleetOfTests, TEST_MILLISECONDS_MAX } from "./fleet-of-tests";
import { FAULTS_MIN, MILLISECONDS_DEFAULT, OPERATIONS_MIN, simulate } from "./simulation";
import { isFailed, replayCommand } from "./simulation-job";

const SEEDS = 500;
const SEEDS_PER_TEST = 50;
const RANGES = Array.from({ length: SEEDS / SEEDS_PER_TEST }, (_, at) => [
  1 + at * SEEDS_PER_TEST,
  (at + 1) * SEEDS_PER_TEST,
]);

const total = new Coverage();
const fleet = new FleetOfTests();
beforeAll(() => fleet.open());
afterAll(() => fleet.close());

const jobOf = (seed: number) => ({ seed, milliseconds: MILLISECONDS_DEFAULT });

test.each(RANGES)(
  "seeds %i to %i keep the invariants",
  async (first = 0, last = 0) => {
    const seeds = Array.from({ length: last - first + 1 }, (_, at) => first + at);
    const outcomes = await fleet.run(seeds.map(jobOf));
    for (const { coverage } of outcomes) total.addAll(coverage);
    const failed = outcomes.filter(isFailed).map(({ seed, violations, error }) => ({
      replay: replayCommand(seed, MILLISECONDS_DEFAULT, MILLISECONDS_DEFAULT),
      found: [...violations.map(({ invariant, text }) => `invariant ${invariant}: ${text}`), error ?? ""],
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

test(
  "two runs of one seed do the same in the same order, in any process",
  async () => {
    const hashes = new Set<string>();
    for (const seed of [1_001, 1_002, 1_003]) {
      const [first, second] = await fleet.run([seed, seed].map(jobOf));
      const here = await simulate({ seed });
      expect(first?.error).toBeUndefined();
      expect([second?.traceHash, here.traceHash]).toEqual([first?.traceHash, first?.traceHash]);
      expect([second?.events, here.events]).toEqual([first?.events, first?.events]);
      hashes.add(here.traceHash);
    }
    expect(hashes.size).toBe(3);
  },
  TEST_MILLISECONDS_MAX,
);
