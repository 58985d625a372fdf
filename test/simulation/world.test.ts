import { Operator } from "./operator";
import { World } from "./world";

const LIMIT_MILLISECONDS = 120_000;
const TABLE = "own data of a";
/** What a secondary logs when the first key is brought over; that a stream began afterwards may never reach it. */
const REPAIR_BEGINS =
  'd info replication replication state changed {"mode":"dr","from":"merkle-diff","to":"merkle-sync","reason":"what differs is fetched"}';

test.each([
  { beyond: 0, lost: [] },
  { beyond: 1_000, lost: [expect.stringMatching(/^a acknowledged k at its index \d+, d took over with \d+$/)] },
])(
  "who takes over as planned, seen last in a repair, is held to the position that it reached: $beyond beyond it",
  async ({ beyond, lost }) => {
    const world = await withPair(async (made, operator) => {
      const [a, d] = [made.cluster("a"), made.cluster("d")];
      const index = await a.put("local", "core/k", "v");
      made.ledger.acknowledge(made.ledger.begin(TABLE, "k", "v"), "a", index + beyond);
      made.logged(d, REPAIR_BEGINS);
      await operator.planned("dr", a, d, LIMIT_MILLISECONDS);
    });
    expect(world.ledger.ownerOf(TABLE)).toBe("d");
    expect(world.coverage.of("planned dr promotion")).toBe(1);
    expect(world.violations.map(({ text }) => text)).toEqual(lost);
  },
);

test("who takes over by force, seen last in a repair, is not pardoned for what it had", async () => {
  const world = await withPair(async (made, operator) => {
    const [a, d] = [made.cluster("a"), made.cluster("d")];
    const index = await a.put("local", "core/k", "v");
    made.ledger.acknowledge(made.ledger.begin(TABLE, "k", "v"), "a", index);
    await operator.until(() => (d.core?.log.cursor("dr")?.index ?? 0) >= index, LIMIT_MILLISECONDS);
    made.logged(d, REPAIR_BEGINS);
    await operator.unplanned("dr", d, LIMIT_MILLISECONDS);
  });
  expect(world.ledger.ownerOf(TABLE)).toBe("d");
  expect(world.ledger.allowed(TABLE, "k")).toEqual(new Set(["v"]));
  expect(world.violations).toEqual([]);
});

/** A primary and its DR secondary, without faults, until the operator has done what is given. */
async function withPair(act: (world: World, operator: Operator) => Promise<void>): Promise<World> {
  const world = worldOfPair();
  const operator = new Operator(world);
  let finished = false;
  const acts = async (): Promise<void> => {
    for (const cluster of world.clusters.values()) await world.boot(cluster);
    const [a, d] = [world.cluster("a"), world.cluster("d")];
    await operator.enablePrimary(a, "dr", LIMIT_MILLISECONDS);
    await operator.link(a, d, "dr", LIMIT_MILLISECONDS);
    await act(world, operator);
    finished = true;
  };
  const acting = acts();
  expect(await world.scheduler.runUntil(() => finished, 10 * LIMIT_MILLISECONDS)).toBe(true);
  await acting;
  return world;
}

function worldOfPair(): World {
  for (let seed = 1; ; seed += 1) {
    const world = new World({ seed });
    if (world.topology.name === "DR pair" && world.synchronousDrOf("a") === "off") return world;
  }
}
