import { Operator } from "./operator";
import { World } from "./world";

const LIMIT_MILLISECONDS = 600_000;
/** Longer than a primary goes on without the word of a secondary. */
const SILENCE_MILLISECONDS = 40_000;

/** The first seed's world that has two DR secondaries. */
function worldOfTwo(): World {
  for (let seed = 1; seed <= 100; seed += 1) {
    const world = new World({ seed });
    if (world.topology.name === "two DR secondaries") return world;
  }
  throw new Error("no seed has two DR secondaries");
}

/** `d` and `f` follow `a`. */
async function linkBoth(world: World, operator: Operator): Promise<void> {
  const [a, d, f] = [world.cluster("a"), world.cluster("d"), world.cluster("f")];
  for (const cluster of [a, d, f]) await world.boot(cluster);
  await operator.enablePrimary(a, "dr", 20_000);
  for (const secondary of [d, f]) expect(await operator.link(a, secondary, "dr", 20_000)).toBe(true);
}

test("secondaries that all left the set at their own end are brought back one after the other", async () => {
  const world = worldOfTwo();
  const operator = new Operator(world);
  const [a, d, f] = [world.cluster("a"), world.cluster("d"), world.cluster("f")];
  const acts = async (): Promise<void> => {
    await linkBoth(world, operator);
    for (const secondary of [d, f]) expect(await operator.disable(secondary, "dr", 20_000)).toBe(true);
    await world.scheduler.sleep(SILENCE_MILLISECONDS);
    expect(a.status("dr")).toMatchObject({ state: "unconfirmed", known_secondaries: ["d", "f"] });
    for (const secondary of [d, f]) expect(await operator.bring(a, secondary, "dr", 20_000)).toBe(true);
  };
  await inSimulatedTime(world, acts);
  expect(a.status("dr")).toMatchObject({ state: "running", known_secondaries: ["d", "f"] });
});

test("a secondary that went with the other of two primaries keeps nobody from being brought back", async () => {
  const world = worldOfTwo();
  const operator = new Operator(world);
  const [a, d, f] = [world.cluster("a"), world.cluster("d"), world.cluster("f")];
  const acts = async (): Promise<void> => {
    await linkBoth(world, operator);
    // A heartbeat tells it; who was never told of the other finds it only with an operator's help.
    const knowsF = () => texts(d.status("dr").known_primary_cluster_addrs).includes(`https://${f.address}`);
    expect(await operator.until(knowsF, 20_000)).toBe(true);
    expect(await operator.unplanned("dr", f, 20_000)).toBe(true);
    const isAtF = () => d.isStreaming("dr") && d.core?.log.cursor("dr")?.clusterId === f.clusterId;
    expect(await operator.until(isAtF, 20_000)).toBe(true);
    expect(await operator.until(() => a.status("dr").state === "fenced", 20_000)).toBe(true);
    await operator.overrideFence(a, "dr");
    expect(await operator.follow(a, d, "dr", 20_000)).toBe(true);
    await world.scheduler.sleep(SILENCE_MILLISECONDS);
    expect(f.status("dr")).toMatchObject({ state: "unconfirmed", known_secondaries: expect.arrayContaining(["d"]) });
    for (const secondary of [a, d]) expect(await operator.bring(f, secondary, "dr", 20_000)).toBe(true);
  };
  await inSimulatedTime(world, acts);
  expect(f.status("dr")).toMatchObject({ state: "running", known_secondaries: expect.arrayContaining(["a", "d"]) });
});

test("a call that nobody waits for any more is under way until it ends, or its process does", async () => {
  const world = worldOfTwo();
  const operator = new Operator(world);
  const [a, d] = [world.cluster("a"), world.cluster("d")];
  await inSimulatedTime(world, async () => {
    for (const cluster of [a, d]) await world.boot(cluster);
    const late = () => world.scheduler.sleep(20_000);
    expect(await operator.call("a late answer", a, late)).toBe(false);
    expect(operator.isWorking).toBe(true);
    await world.scheduler.sleep(10_000);
    expect(operator.isWorking).toBe(false);
    expect(await operator.call("no answer", d, () => new Promise<never>(() => undefined))).toBe(false);
    expect(operator.isWorking).toBe(true);
    d.crash(0, true);
    expect(operator.isWorking).toBe(false);
  });
});

async function inSimulatedTime(world: World, acts: () => Promise<void>): Promise<void> {
  let finished = false;
  const acting = acts().finally(() => {
    finished = true;
  });
  await world.scheduler.runUntil(() => finished, LIMIT_MILLISECONDS);
  await acting;
}

function texts(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
