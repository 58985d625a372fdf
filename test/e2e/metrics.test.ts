import { randomBytes } from "node:crypto";
import type { Api } from "../support/api";
import { eventually, freePorts, ServerProcess } from "../support/server-process";

/** Metrics of a primary and its DR secondary as real processes; only the secondary's listener is open to all. */
let a: ServerProcess;
let b: ServerProcess;
let root: Api;

const TARGET = "sys/metrics?format=prometheus";

async function startOpen(name: string): Promise<ServerProcess> {
  const port = await freePorts();
  const tcp = {
    address: `127.0.0.1:${port}`,
    tls_disable: true,
    telemetry: { unauthenticated_metrics_access: true },
  };
  const configuration = { listener: [{ tcp }], telemetry: { disable_hostname: true } };
  return await ServerProcess.start({ name, port, configuration, sealKey: randomBytes(32).toString("base64") });
}

async function metricOf(api: Api, line: string): Promise<number | undefined> {
  const { text } = await api.get(TARGET);
  const found = text.split("\n").find((one) => one.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

beforeAll(async () => {
  [a, b] = await Promise.all([
    ServerProcess.start({ name: "a", sealKey: randomBytes(32).toString("base64") }),
    startOpen("b"),
  ]);
  root = a.api.with((await a.initialize()).rootToken);
});
afterAll(async () => {
  await Promise.all([a, b].map((server) => server?.destroy()));
});

it("before it is initialised an open node tells that it is sealed", async () => {
  expect(await metricOf(b.api, "vault_core_unsealed")).toBe(0);
  const closed = await a.api.get(TARGET);
  expect(closed.status).toBe(403);
});

it("the primary tells requests, commits and the process in both formats", async () => {
  await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await root.must("POST", "secret/data/x", { data: { value: "1" } });
  const answer = await root.get(TARGET);
  expect(answer.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(answer.text).toContain("# TYPE vault_core_unsealed gauge\nvault_core_unsealed 1\n");
  expect(await metricOf(root, 'vault_core_requests{operation="update",status="2xx"}')).toBeGreaterThanOrEqual(2);
  expect(await metricOf(root, "vault_wal_persistwals_count")).toBeGreaterThan(2);
  expect(await metricOf(root, "vault_runtime_sys_bytes")).toBeGreaterThan(1e7);
  expect(await metricOf(root, "vault_replication_wal_last_wal")).toBeGreaterThan(2);
  const json = (await root.get("sys/metrics")).body;
  expect(Object.keys(json)).toEqual(["Timestamp", "Gauges", "Points", "Counters", "Samples"]);
  expect(json.Gauges).toContainEqual({ Name: "vault.core.unsealed", Value: 1, Labels: {} });
  expect((await root.get("sys/metrics?format=xml")).status).toBe(400);
});

it("a DR secondary tells its own position and lag without a token, and the primary tells the same of it", async () => {
  const own = await b.initialize();
  await root.must("POST", "sys/replication/dr/primary/enable", { primary_cluster_addr: a.clusterAddress });
  const wrapped = await root.must("POST", "sys/replication/dr/primary/secondary-token", { id: "dr-b" });
  const token = String(wrapped.wrap_info?.token);
  await b.api.with(own.rootToken).must("POST", "sys/replication/dr/secondary/enable", {
    token,
    primary_api_addr: a.api.address,
  });
  const streams = 'vault_replication_state{mode="dr",state="stream-wals"}';
  await eventually("b streams", async () => (await metricOf(b.api, streams)) === 1);
  await root.must("POST", "secret/data/y", { data: { value: "2" } });
  const last = await metricOf(root, "vault_replication_wal_last_dr_wal");
  const applied = 'vault_replication_fsm_last_remote_wal{mode="dr"}';
  await eventually("b has it", async () => (await metricOf(b.api, applied)) === last);
  const secondary = 'mode="dr",secondary="dr-b"';
  await eventually(
    "a knows",
    async () => (await metricOf(root, `vault_replication_secondary_entries_behind{${secondary}}`)) === 0,
  );
  const age = await eventually("the canary", () =>
    metricOf(b.api, 'vault_replication_primary_canary_age_ms{mode="dr"}'),
  );
  expect(age).toBeLessThan(5_000);
  expect(await metricOf(root, `vault_replication_secondary_canary_age_ms{${secondary}}`)).toBeLessThan(5_000);
  const health = await b.api.get("sys/health");
  expect(health.status).toBe(472);
});

it("a link that is lost shows as age and as entries on the primary", async () => {
  const secondary = 'mode="dr",secondary="dr-b"';
  await b.stop("SIGKILL");
  await eventually(
    "a noticed",
    async () => (await metricOf(root, `vault_replication_secondary_connected{${secondary}}`)) === 0,
  );
  const before = (await metricOf(root, `vault_replication_secondary_canary_age_ms{${secondary}}`)) ?? 0;
  await new Promise((settle) => setTimeout(settle, 500));
  const after = (await metricOf(root, `vault_replication_secondary_canary_age_ms{${secondary}}`)) ?? 0;
  expect(after - before).toBeGreaterThanOrEqual(450);
  await b.boot();
  const young = async () =>
    ((await metricOf(root, `vault_replication_secondary_canary_age_ms{${secondary}}`)) ?? 1e9) < after &&
    (await metricOf(root, `vault_replication_secondary_connected{${secondary}}`)) === 1;
  await eventually("b is back", young);
});
