import { getKey, putKey, putMount } from "./test-cluster";
import { isEqual, link, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
let a: TestNode;
let b: TestNode;
let d: TestNode;

beforeEach(async () => {
  set = new TestSet();
  [a, b, d] = [await set.start("a"), await set.start("b"), await set.start("d")];
  await putMount(a.core, "m1", "secret/");
  await putKey(a.core, "data/m1/k", "1");
  for (const mode of ["performance", "dr"] as const) {
    await a.replication.enablePrimary(mode, { primaryClusterAddress: "127.0.0.1:8201" });
  }
  await link(a, b, "performance");
  await link(a, d, "dr");
});
afterEach(() => set.close());

const caughtUp = () => until("all are equal", () => isEqual(a, b, "performance") && isEqual(a, d, "dr"));
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const NUMBER_IN_TEXT = /^-?\d+$/;

test("a primary's numbers: what every class, performance secondaries and DR secondaries get", async () => {
  const shared = await putKey(a.core, "data/m1/k", "2");
  const local = await putKey(a.core, "core/token/t", "x", "local");
  expect(local).toBeGreaterThan(shared);
  expect(a.status("performance")).toMatchObject({ last_wal: local, last_performance_wal: shared });
  expect(a.status("dr")).toMatchObject({ last_wal: local, last_dr_wal: local });
  expect(a.status("performance")).not.toHaveProperty("last_dr_wal");
  expect(a.status("dr")).not.toHaveProperty("last_performance_wal");
  await a.restart();
  expect(a.status("performance")).toMatchObject({ last_performance_wal: shared });
  await until("both have it", () =>
    [b.status("performance"), d.status("dr")].every((status) => Number(status.last_remote_wal) >= local),
  );
});

test("every documented field of a primary, with its type", async () => {
  await caughtUp();
  await until("b's heartbeat came", () => JSON.stringify(a.status("performance").secondaries).includes("Z"));
  const { secondaries, ...rest } = a.status("performance");
  expect(rest).toEqual({
    mode: "primary",
    state: "running",
    epoch: { number: 1, cluster_id: a.core.identity.id },
    cluster_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    known_secondaries: ["b"],
    last_wal: expect.any(Number),
    last_performance_wal: expect.any(Number),
    merkle_root: expect.stringMatching(/^[0-9a-f]{40}$/),
    primary_cluster_addr: "127.0.0.1:8201",
    corrupted_merkle_tree: false,
    last_corruption_check_epoch: "-62135596800",
    last_reindex_epoch: "0",
    ssct_generation_counter: 0,
    divergence_reports: 0,
  });
  expect(secondaries).toEqual([
    {
      node_id: "b",
      api_address: "https://b:8200",
      cluster_address: `https://${b.address}`,
      connection_status: "connected",
      last_heartbeat: expect.stringMatching(TIME),
      last_heartbeat_duration_ms: expect.stringMatching(NUMBER_IN_TEXT),
      clock_skew_ms: expect.stringMatching(NUMBER_IN_TEXT),
      replication_primary_canary_age_ms: expect.stringMatching(NUMBER_IN_TEXT),
      last_remote_wal: a.status("dr").last_wal,
      entries_behind: 0,
      unacknowledged_bytes: expect.any(Number),
    },
  ]);
  expect(a.status("dr").cluster_id).not.toBe(rest.cluster_id);
  expect(a.replication.healthFacts()).toBeUndefined();
});

test("every documented field of a secondary, with its type, and what health takes from it", async () => {
  await caughtUp();
  await until("a's heartbeat came", () => JSON.stringify(d.status("dr").primaries).includes("Z"));
  const { primaries, ...rest } = d.status("dr");
  expect(rest).toEqual({
    mode: "secondary",
    state: "stream-wals",
    connection_state: "ready",
    cluster_id: a.status("dr").cluster_id,
    secondary_id: "d",
    primary_cluster_addr: "127.0.0.1:8201",
    known_primary_cluster_addrs: expect.arrayContaining([`https://${a.address}`]),
    last_remote_wal: expect.any(Number),
    last_start: expect.stringMatching(TIME),
    merkle_sync_progress: undefined,
    merkle_root: a.status("dr").merkle_root,
    corrupted_merkle_tree: false,
    last_corruption_check_epoch: "-62135596800",
    last_reindex_epoch: "0",
    ssct_generation_counter: 0,
    divergence_reports: 0,
  });
  expect(primaries).toEqual([
    {
      api_address: "https://a:8200",
      cluster_address: "https://127.0.0.1:8201",
      connection_status: "connected",
      last_heartbeat: expect.stringMatching(TIME),
      last_heartbeat_duration_ms: expect.stringMatching(NUMBER_IN_TEXT),
      clock_skew_ms: expect.stringMatching(NUMBER_IN_TEXT),
      replication_primary_canary_age_ms: expect.stringMatching(NUMBER_IN_TEXT),
      entries_behind: 0,
    },
  ]);
  expect(d.status("performance")).toEqual({ mode: "disabled" });
  expect(d.replication.healthFacts()).toEqual({
    echoDurationMilliseconds: expect.any(Number),
    clockSkewMilliseconds: expect.any(Number),
    canaryAgeMilliseconds: expect.any(Number),
  });
});

test("the canary goes on ageing on both sides while the link is lost, and is young again afterwards", async () => {
  const ofSecondary = () => d.replication.healthFacts()?.canaryAgeMilliseconds ?? -1;
  const ofPrimary = () => {
    const [peer] = a.status("dr").secondaries as readonly Record<string, string>[];
    return Number(peer?.replication_primary_canary_age_ms);
  };
  await until("a heartbeat came", () => JSON.stringify(a.status("dr").secondaries).includes("Z"));
  set.network.cut("d", a.address);
  await until("the canary is old on both sides", () => ofSecondary() > 400 && ofPrimary() > 400);
  expect(JSON.stringify(a.status("dr").secondaries)).toContain("disconnected");
  expect(a.status("dr").secondaries).toEqual([expect.objectContaining({ entries_behind: 0 })]);
  for (let n = 0; n < 3; n += 1) await putKey(a.core, `data/m1/away${n}`, "v");
  expect(a.status("dr").secondaries).toEqual([expect.objectContaining({ entries_behind: 3 })]);
  set.network.mend("d", a.address);
  await d.replication.recover("dr");
  await until("it is young again", () => ofSecondary() < 200 && ofPrimary() < 200);
  expect(a.status("dr").secondaries).toEqual([expect.objectContaining({ entries_behind: 0 })]);
});

test("merkle-check finds what was lost underneath, reindex accepts it, and the secondaries follow", async () => {
  await caughtUp();
  for (let n = 0; n < 40; n += 1) await putKey(a.core, `data/m1/k${n}`, "v");
  await caughtUp();
  expect(await a.replication.merkleCheck()).toEqual({
    corrupted_root: false,
    last_corruption_check_epoch: expect.stringMatching(TIME),
    corrupted_tree_map: {
      "1": {
        tree_type: "replicated",
        root_hash: a.core.log.checksumOf(() => true, ["replicated"]).toString("base64"),
        corrupted_subtree_root: false,
        corrupted_index_tuples_map: null,
      },
      "2": expect.objectContaining({ tree_type: "local", corrupted_subtree_root: false }),
    },
  });
  await a.loseStored("replicated", "data/m1/k7");
  const report = JSON.parse(JSON.stringify(await a.replication.merkleCheck()));
  expect(report).toMatchObject({ corrupted_root: true });
  const pages = Object.entries<{ corrupted: boolean; subpages: number[] }>(
    report.corrupted_tree_map["1"].corrupted_index_tuples_map,
  );
  expect(pages).toEqual([[expect.stringMatching(/^\d+$/), { corrupted: true, subpages: [expect.any(Number)] }]]);
  expect(report.corrupted_tree_map["2"].corrupted_index_tuples_map).toBeNull();
  expect(a.status("dr")).toMatchObject({ corrupted_merkle_tree: true });
  expect(Number(a.status("dr").last_corruption_check_epoch)).toBeGreaterThan(1_700_000_000);
  expect(await a.replication.reindex()).toEqual([expect.stringContaining("1 of its leaves")]);
  expect((await a.replication.merkleCheck()).corrupted_root).toBe(false);
  expect(a.status("performance").corrupted_merkle_tree).toBe(false);
  await caughtUp();
  for (const node of [b, d]) expect(await getKey(node.core, "data/m1/k7")).toBeUndefined();
  await a.restart();
  expect(Number(a.status("dr").last_reindex_epoch)).toBeGreaterThan(1_700_000_000);
  await caughtUp();
}, 20_000);

test("a check stays silent under writes", async () => {
  let writing = true;
  const loop = (async () => {
    for (let n = 0; writing; n += 1) await putKey(a.core, `data/m1/k${n % 20}`, `${n}`);
  })();
  for (let n = 0; n < 3; n += 1) expect((await a.replication.merkleCheck()).corrupted_root).toBe(false);
  writing = false;
  await loop;
});

test("a secondary looks for its primary at the DR secondaries of the set, but not at itself", async () => {
  const e = await set.start("e");
  await link(a, e, "dr");
  const known = (node: TestNode, mode: "performance" | "dr"): readonly string[] =>
    [...(node.status(mode).known_primary_cluster_addrs as readonly string[])].sort();
  const addresses = (...nodes: readonly TestNode[]): readonly string[] =>
    nodes.map((node) => `https://${node.address}`).sort();
  const isSame = (left: readonly string[], right: readonly string[]) => left.join() === right.join();
  await until("all learned the addresses", () => {
    const ofPerformance = isSame(known(b, "performance"), addresses(a, d, e));
    return ofPerformance && isSame(known(d, "dr"), addresses(a, e)) && isSame(known(e, "dr"), addresses(a, d));
  });
});
