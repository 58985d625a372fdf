import { putKey, putMount } from "./test-cluster";
import { isEqual, link, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(() => set.close());
jest.setTimeout(30_000);

test("the plan recommends who lacks least of those who are there, and never one that a filter keeps mounts from", async () => {
  const [a, near, filtered, away] = [
    await set.start("a"),
    await set.start("near"),
    await set.start("filtered"),
    await set.start("away"),
  ];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await putMount(a.core, "m1", "secret/");
  await a.replication.writePathsFilter("filtered", { mode: "deny", paths: ["secret/"] });
  for (const node of [near, filtered, away]) await link(a, node, "performance");
  await until("all hold what they may", () => isEqual(a, near, "performance") && isEqual(a, away, "performance"));
  set.network.cut("away", a.address);
  await until("away is away", () => !away.isStreaming("performance"));
  await putKey(a.core, "data/m1/x", "1");
  await putKey(a.core, "data/m1/y", "1");
  // Class local is not shipped in this mode, so nobody lacks it.
  await putKey(a.core, "core/token/t", "1", "local");
  await until("near has it", () => isEqual(a, near, "performance"));
  const plan = await a.replication.failoverPlan("performance");
  expect(plan).toMatchObject({ mode: "primary", recommended_target: "near", demote_allowed: true });
  const byId = Object.fromEntries(
    (plan.secondaries as readonly { readonly node_id: string }[]).map((secondary) => [secondary.node_id, secondary]),
  );
  expect(byId.near).toMatchObject({ writes_behind: 0, seconds_behind: 0, drains_at_once: true, recommended: true });
  expect(byId.filtered).toMatchObject({ filtered: true, recommended: false });
  expect(byId.away).toMatchObject({
    connection_status: "disconnected",
    writes_behind: 2,
    writes_behind_is_upper_bound: false,
    drains_at_once: false,
    last_heartbeat: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  });
  await new Promise((resolve) => setTimeout(resolve, 30));
  const later = (await a.replication.failoverPlan("performance")).secondaries;
  expect(later).toContainEqual(expect.objectContaining({ node_id: "away", seconds_behind: expect.any(Number) }));
  expect(JSON.stringify(later)).not.toContain('"seconds_behind":0,"drains_at_once":false');
});

test("a secondary tells how far behind it is as far as it knows, and why it may not be promoted", async () => {
  const [a, b] = [await set.start("a"), await set.start("b")];
  expect(await a.replication.failoverPlan("dr")).toMatchObject({ mode: "disabled" });
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  await until("b is equal", () => isEqual(a, b, "dr"));
  await until("b heard of it", async () => (await b.replication.failoverPlan("dr")).writes_behind === 0);
  expect(await b.replication.failoverPlan("dr")).toMatchObject({
    mode: "secondary",
    is_primary_reachable: true,
    promote_allowed: true,
    promote_refusal: "",
  });
  await a.close();
  await until("b noticed", () => !b.isStreaming("dr"));
  await b.restart();
  const plan = await b.replication.failoverPlan("dr");
  expect(plan).toMatchObject({ is_primary_reachable: false, writes_behind: null, seconds_behind: null });
  expect(await b.replication.failoverPlan("performance")).toMatchObject({ mode: "disabled" });
});
