import { Operator } from "./operator";
import { Scenario } from "./scenario";
import { World } from "./world";

const LIMIT_MILLISECONDS = 600_000;

/** The first seed's world that has the topology. */
function worldOf(topology: string): World {
  for (let seed = 1; seed <= 100; seed += 1) {
    const world = new World({ seed });
    if (world.topology.name === topology) return world;
  }
  throw new Error(`no seed has the topology ${topology}`);
}

/** A primary with a DR secondary that streams from it; then `meanwhile`, and at once everything is to come to rest. */
async function comesToRest(meanwhile: (operator: Operator) => Promise<unknown>): Promise<readonly string[]> {
  const world = worldOf("DR pair");
  const operator = new Operator(world);
  const acts = async (): Promise<void> => {
    const [a, d] = [world.cluster("a"), world.cluster("d")];
    for (const cluster of [a, d]) await world.boot(cluster);
    await operator.enablePrimary(a, "dr", 20_000);
    expect(await operator.link(a, d, "dr", 20_000)).toBe(true);
    await meanwhile(operator);
    expect(d.isStreaming("dr")).toBe(true);
    await new Scenario(world, operator).converge();
  };
  let finished = false;
  const acting = acts().finally(() => {
    finished = true;
  });
  await world.scheduler.runUntil(() => finished, LIMIT_MILLISECONDS);
  await acting;
  return world.violations.map(({ text }) => text);
}

test("a secondary that streams from its primary is where it belongs", async () => {
  expect(await comesToRest(async () => undefined)).toEqual([]);
});

test("a secondary that has not heard yet that its primary was demoted follows nobody", async () => {
  const demoted = await comesToRest((operator) => {
    const signal = new AbortController().signal;
    const from = operator.world.cluster("a");
    return operator.call("demote dr", from, (service) => service.demotePrimary("dr", { targetId: undefined, signal }));
  });
  expect(demoted).toEqual(["d does not return to a in dr mode by itself"]);
});
