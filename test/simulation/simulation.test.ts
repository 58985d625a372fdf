import { Coverage } from "./coverage";
import { FAULT_KINDS } from "./fault-injector";
import { simulate } from "./simulation";

const SEEDS = 50;
const MILLISECONDS = 10_000;

/** What the seeds together must have reached: a simulation that reaches nothing finds nothing. */
const REACHED = [
  ...FAULT_KINDS.map((kind) => `fault ${kind}`),
  "state idle -> stream-wals",
  "state idle -> merkle-diff",
  "state merkle-diff -> merkle-sync",
  "state merkle-sync -> stream-wals",
  "state stream-wals -> idle",
  "planned dr promotion",
  "unplanned dr promotion",
  "planned performance promotion",
  "caught up by a diff",
  "bootstrap",
  "fenced",
  "frames with local keys to a DR secondary",
  "frames with the mount that others filter",
  "positions compared",
  "tables read back",
  "checksums compared",
  "writes forwarded",
];

const total = new Coverage();

test.each(Array.from({ length: SEEDS }, (_, at) => at + 1))("seed %i keeps the invariants", async (seed) => {
  const { violations, coverage } = await simulate({ seed, milliseconds: MILLISECONDS });
  total.add(coverage);
  const found = violations.map(({ invariant, text }) => `invariant ${invariant}: ${text}`);
  expect({ replay: `npm run simulate -- --seed=${seed} --chaos=${MILLISECONDS}`, found }).toMatchObject({ found: [] });
});

test("the seeds together reached every kind of fault and every transition", () => {
  expect(REACHED.filter((name) => total.of(name) === 0)).toEqual([]);
});

test("two runs of one seed do the same in the same order", async () => {
  for (const seed of [101, 102, 103]) {
    const [first, second] = [
      await simulate({ seed, milliseconds: 6_000 }),
      await simulate({ seed, milliseconds: 6_000 }),
    ];
    expect(second.traceHash).toBe(first.traceHash);
    expect(second.events).toBe(first.events);
  }
  const [one, other] = [
    await simulate({ seed: 101, milliseconds: 500 }),
    await simulate({ seed: 102, milliseconds: 500 }),
  ];
  expect(one.traceHash).not.toBe(other.traceHash);
});
