import { FleetOfTests, TEST_MILLISECONDS_MAX } from "./fleet-of-tests";
import { MUTATIONS, UNREPEATABLE } from "./mutations";
import { MILLISECONDS_DEFAULT } from "./simulation";
import type { SimulationJob } from "./simulation-job";

const SEEDS_MAX = 80;

const fleet = new FleetOfTests();
beforeAll(() => fleet.open());
afterAll(() => fleet.close());

/** Each planted bug must be found, and by the checker that is there for it. */
test.each(MUTATIONS)(
  "finds a cluster that $name",
  async ({ name, breaks, says }) => {
    let found = false;
    function* jobs(): Generator<SimulationJob> {
      for (let seed = 1; seed <= SEEDS_MAX && !found; seed += 1) {
        yield { seed, milliseconds: MILLISECONDS_DEFAULT, mutation: name };
      }
    }
    const outcomes = await fleet.run(jobs(), ({ violations }) => {
      found ||= violations.some(({ invariant, text }) => invariant === breaks && says.test(text));
    });
    expect({ found, seeds: outcomes.length, errors: outcomes.flatMap(({ error }) => error ?? []) }).toMatchObject({
      found: true,
      errors: [],
    });
  },
  TEST_MILLISECONDS_MAX,
);

test("every invariant has a planted bug, and so has what is checked beside them", () => {
  expect(new Set(MUTATIONS.map(({ breaks }) => breaks))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
});

test(
  "two runs show a cluster that depends on the machine's own clock",
  async () => {
    const job = { seed: 1, milliseconds: MILLISECONDS_DEFAULT, mutation: UNREPEATABLE.name };
    const outcomes = await fleet.run([job, job]);
    expect(new Set(outcomes.map(({ traceHash }) => traceHash)).size).toBe(2);
  },
  TEST_MILLISECONDS_MAX,
);
