import { prometheusText } from "../../services/metrics/prometheus-text";
import { putKey, putMount } from "./test-cluster";
import { isEqual, link, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
let a: TestNode;
let b: TestNode;

beforeEach(async () => {
  set = new TestSet();
  [a, b] = [await set.start("a"), await set.start("b")];
  await putMount(a.core, "m1", "secret/");
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "127.0.0.1:8201" });
  await link(a, b, "performance");
  await until("both are equal", () => isEqual(a, b, "performance"));
});
afterEach(() => set.close());

/** The value of one line; undefined: there is no such line. */
function value(node: TestNode, line: string): number | undefined {
  const found = prometheusText(node.metrics)
    .split("\n")
    .find((one) => one.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

test("positions, roles and lag of a primary and its secondary", async () => {
  const index = await putKey(a.core, "data/m1/k", "1");
  const performance = 'mode="performance"';
  await until("b has it", () => value(b, `vault_replication_fsm_last_remote_wal{${performance}}`) === index);
  await until(
    "a heartbeat came",
    () => value(b, `vault_replication_primary_canary_age_ms{${performance}}`) !== undefined,
  );
  expect(value(a, "vault_replication_wal_last_wal")).toBe(index);
  expect(value(a, "vault_replication_wal_last_performance_wal")).toBe(index);
  expect(value(a, `vault_replication_role{${performance},role="primary"}`)).toBe(1);
  expect(value(a, `vault_replication_role{${performance},role="secondary"}`)).toBe(0);
  expect(value(a, `vault_replication_fenced{${performance}}`)).toBe(0);
  expect(value(b, `vault_replication_state{${performance},state="stream-wals"}`)).toBe(1);
  expect(value(b, `vault_replication_connected{${performance}}`)).toBe(1);
  expect(value(b, `vault_replication_wal_last_wal`)).toBe(b.core.log.lastIndex());
  expect(value(a, 'vault_replication_state{mode="performance",state="idle"}')).toBeUndefined();
  const ofB = `${performance},secondary="b"`;
  await until("a knows", () => value(a, `vault_replication_secondary_last_remote_wal{${ofB}}`) === index);
  expect(value(a, `vault_replication_secondary_connected{${ofB}}`)).toBe(1);
  expect(value(a, `vault_replication_secondary_entries_behind{${ofB}}`)).toBe(0);
  expect(value(a, `vault_replication_secondary_canary_age_ms{${ofB}}`)).toBeLessThan(1_000);
  expect(value(a, `vault_replication_secondary_catch_up_position{${ofB}}`)).toBe(0);
  expect(value(a, `vault_replication_secondary_unacknowledged_bytes{${ofB}}`)).toBe(0);
  expect(value(a, `vault_replication_divergence_reports{${performance}}`)).toBe(0);
  expect(value(a, `vault_logshipper_buffer_length`)).toBe(a.core.log.lastIndex() - a.core.log.oldestIndex() + 1);
});

test("what a secondary lacks while it is away, and what streaming took to bring it", async () => {
  const ofB = 'mode="performance",secondary="b"';
  const shipped = value(a, 'vault_replication_shipped_entries{mode="performance"}') ?? 0;
  const applied = value(b, 'vault_replication_applied_entries{mode="performance"}') ?? 0;
  const found = value(a, "vault_logshipper_streamWALs_guard_found") ?? 0;
  set.network.cut("b", a.address);
  await until("a noticed", () => value(a, `vault_replication_secondary_connected{${ofB}}`) === 0);
  for (let n = 0; n < 5; n += 1) await putKey(a.core, `data/m1/${n}`, "1");
  expect(value(a, `vault_replication_secondary_entries_behind{${ofB}}`)).toBe(5);
  set.network.mend("b", a.address);
  await b.replication.recover("performance");
  await until("b is back", () => value(a, `vault_replication_secondary_entries_behind{${ofB}}`) === 0);
  expect(value(a, 'vault_replication_shipped_entries{mode="performance"}')).toBe(shipped + 5);
  expect(value(b, 'vault_replication_applied_entries{mode="performance"}')).toBe(applied + 5);
  expect(value(a, "vault_logshipper_streamWALs_guard_found")).toBe(found + 1);
  expect(value(b, 'vault_replication_apply_count{mode="performance"}')).toBeGreaterThan(0);
  expect(value(a, "vault_logshipper_streamWALs_scanned_entries_sum")).toBeGreaterThanOrEqual(5);
});

test("the log's own figures: what is stored and what retention has dropped", async () => {
  for (let n = 0; n < 5; n += 1) await putKey(a.core, `data/m1/${n}`, "1");
  expect(value(a, "vault_wal_flushready_queue_len")).toBe(0);
  const last = a.core.log.lastIndex();
  expect(value(a, "vault_wal_gc_total")).toBe(last - a.core.log.oldestIndex() + 1);
  await a.core.log.truncate(last);
  expect(value(a, "vault_wal_gc_total")).toBe(1);
  expect(value(a, "vault_wal_gc_deleted")).toBe(last - 1);
  expect(value(a, "vault_replication_merkle_commit_index")).toBe(last);
});

test("a reconciliation is timed on both sides", async () => {
  for (let n = 0; n < 50; n += 1) await putKey(a.core, `data/m1/${n}`, "1");
  await until("both are equal", () => isEqual(a, b, "performance"));
  set.network.cut("b", a.address);
  await until(
    "a noticed",
    () => value(a, 'vault_replication_secondary_connected{mode="performance",secondary="b"}') === 0,
  );
  await putKey(a.core, "data/m1/7", "2");
  await putKey(a.core, "data/m1/8", "2");
  await a.core.log.truncate(a.core.log.lastIndex());
  const missing = value(a, "vault_logshipper_streamWALs_missing_guard") ?? 0;
  set.network.mend("b", a.address);
  await b.replication.recover("performance");
  await until("both are equal", () => isEqual(a, b, "performance"));
  expect(value(a, "vault_logshipper_streamWALs_missing_guard")).toBe(missing + 1);
  for (const phase of ["merkleDiff", "merkleSync"]) {
    await until(phase, () => value(b, `vault_replication_${phase}_count{mode="performance"}`) === 1);
  }
  for (const question of ["conflicting_pages", "sub_page_hashes", "fetch_keys"]) {
    const asked = value(b, `vault_replication_rpc_client_${question}_count`);
    expect(asked).toBeGreaterThan(0);
    expect(value(a, `vault_replication_rpc_server_${question}_request_count`)).toBe(asked);
  }
});

test("a cluster that closes takes its gauges along and keeps its counters", async () => {
  await b.replication.close();
  expect(value(b, 'vault_replication_role{mode="performance",role="secondary"}')).toBeUndefined();
  expect(value(b, "vault_replication_wal_last_wal")).toBeUndefined();
  expect(value(b, 'vault_replication_applied_entries{mode="performance"}')).toBeDefined();
});
