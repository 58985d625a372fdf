import { connect as connectTls } from "node:tls";
import type { Api, ApiAnswer } from "../support/api";
import { ReplicationSet, type SetMember } from "../support/replication-set";
import { eventually } from "../support/server-process";

/** The replication interface as clients know it: field by field, code by code, on real servers of all three kinds. */
let set: ReplicationSet;
let onB: Api;

beforeAll(async () => {
  set = await ReplicationSet.start(async (root) => {
    for (const path of ["secret", "payments"]) await root.must("POST", `sys/mounts/${path}`, { type: "kv" });
  });
  onB = await set.operator("b");
  for (const [name, mode] of [
    ["b", "performance"],
    ["d", "dr"],
  ] as const) {
    await eventually(`heartbeats of ${name}`, async () => {
      const [peer] = (await set.status("a", mode)).secondaries as readonly Record<string, string>[];
      const [upstream] = (await set.status(name, mode)).primaries as readonly Record<string, string>[];
      return peer?.last_heartbeat !== "" && upstream?.last_heartbeat !== "";
    });
  }
}, 90_000);

afterAll(() => set?.destroy());

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const NUMBER_TEXT = /^-?\d+$/;
const UUID = /^[0-9a-f-]{36}$/;
const index = {
  merkle_root: expect.stringMatching(/^[0-9a-f]{40}$/),
  corrupted_merkle_tree: false,
  last_corruption_check_epoch: "-62135596800",
  last_reindex_epoch: "0",
  ssct_generation_counter: expect.any(Number),
};
const peer = {
  api_address: expect.stringMatching(/^https?:\/\//),
  cluster_address: expect.stringMatching(/^https:\/\//),
  connection_status: "connected",
  last_heartbeat: expect.stringMatching(TIME),
  last_heartbeat_duration_ms: expect.stringMatching(NUMBER_TEXT),
  clock_skew_ms: expect.stringMatching(NUMBER_TEXT),
  replication_primary_canary_age_ms: expect.stringMatching(NUMBER_TEXT),
};

describe("status", () => {
  it.each([
    ["performance", "b", "last_performance_wal"],
    ["dr", "d", "last_dr_wal"],
  ] as const)("%s of a primary", async (mode, secondary, lastWal) => {
    expect(await set.status("a", mode)).toMatchObject({
      ...index,
      mode: "primary",
      state: "running",
      cluster_id: expect.stringMatching(UUID),
      known_secondaries: [secondary],
      secondaries: [{ ...peer, node_id: secondary }],
      last_wal: expect.any(Number),
      [lastWal]: expect.any(Number),
      primary_cluster_addr: set.servers.a.clusterAddress,
    });
  });

  it.each([
    ["performance", "b"],
    ["dr", "d"],
  ] as const)("%s of a secondary", async (mode, secondary) => {
    expect(await set.status(secondary, mode)).toMatchObject({
      ...index,
      mode: "secondary",
      state: "stream-wals",
      connection_state: "ready",
      cluster_id: (await set.status("a", mode)).cluster_id,
      secondary_id: secondary,
      primary_cluster_addr: set.servers.a.clusterAddress,
      known_primary_cluster_addrs: expect.arrayContaining([set.servers.a.clusterAddress]),
      primaries: [peer],
      last_remote_wal: expect.any(Number),
      last_start: expect.stringMatching(TIME),
    });
  });

  it("both modes at once are what each says alone, without a token, and a mode that is not in use says only that", async () => {
    for (const name of ["a", "b", "d"] as const) {
      const { data } = (await set.servers[name].api.get("sys/replication/status")).body;
      expect(Object.keys(data ?? {}).sort()).toEqual(["dr", "performance"]);
      for (const mode of ["dr", "performance"] as const) {
        const alone = await set.status(name, mode);
        expect(Object.keys(data?.[mode] as object).sort()).toEqual(Object.keys(alone).sort());
      }
    }
    expect(await set.status("b", "dr")).toEqual({ mode: "disabled" });
    expect(await set.status("d", "performance")).toEqual({ mode: "disabled" });
  });
});

describe("health", () => {
  const codes: readonly (readonly [SetMember, string, number])[] = [
    ["a", "", 200],
    ["b", "", 200],
    ["d", "", 472],
    ["d", "drsecondarycode=200", 200],
    ["d", "activecode=299&standbyok=true&perfstandbyok=true&standbycode=298", 472],
    ["a", "activecode=299&drsecondarycode=298", 299],
    ["a", "drsecondarycode=abc", 400],
    ["a", "activecode=99", 400],
  ];
  it.each(codes)("%s?%s answers %i, to GET and to HEAD", async (name, query, code) => {
    const { api } = set.servers[name];
    expect((await api.get(`sys/health?${query}`)).status).toBe(code);
    expect((await api.send("HEAD", `sys/health?${query}`)).status).toBe(code);
  });

  it.each([
    ["a", "primary", "primary"],
    ["b", "secondary", "disabled"],
    ["d", "disabled", "secondary"],
  ] as const)("of %s: modes, numbers and the cluster's own id", async (name, performance, dr) => {
    const { body } = await set.servers[name].api.get("sys/health");
    expect(body).toMatchObject({
      initialized: true,
      sealed: false,
      standby: false,
      performance_standby: false,
      replication_performance_mode: performance,
      replication_dr_mode: dr,
      server_time_utc: expect.any(Number),
      version: expect.stringMatching(/^\d+\./),
      cluster_name: name,
      cluster_id: expect.stringMatching(UUID),
      last_wal: expect.any(Number),
      enterprise: false,
      echo_duration_ms: expect.any(Number),
      clock_skew_ms: expect.any(Number),
      replication_primary_canary_age_ms: expect.any(Number),
    });
    const mode = name === "b" ? "performance" : "dr";
    expect(body.cluster_id).not.toBe((await set.status(name, mode)).cluster_id);
  });
});

it.each(["a", "b", "d"] as const)("leader, seal-status and ha-status of %s", async (name) => {
  const { api, clusterAddress } = set.servers[name];
  const addresses = { leader_address: expect.stringMatching(/^http/), leader_cluster_address: clusterAddress };
  expect((await api.get("sys/leader")).body).toMatchObject({
    ...addresses,
    ha_enabled: false,
    is_self: true,
    active_time: expect.stringMatching(TIME),
    performance_standby: false,
    performance_standby_last_remote_wal: expect.any(Number),
    last_wal: expect.any(Number),
  });
  // The secondaries' shares are the primary's now.
  expect((await api.get("sys/seal-status")).body).toMatchObject({
    type: "static",
    sealed: false,
    t: 2,
    n: 3,
    recovery_seal: true,
    recovery_seal_type: "shamir",
    cluster_name: name,
  });
  const reader = name === "d" ? api.with(set.root.token ?? "") : name === "b" ? onB : set.root;
  const status = await reader.get("sys/ha-status");
  const own = name === "d" ? await set.servers.d.api.get("sys/leader") : await api.get("sys/leader");
  const [node] = (status.body.data?.nodes ?? []) as readonly Record<string, unknown>[];
  expect(node).toMatchObject({ active_node: true, last_echo: null, api_address: own.body.leader_address });
  expect(status.body.nodes).toEqual(status.body.data?.nodes);
});

describe("what a role does not allow is 400 with the reason, and changes nothing", () => {
  const onPrimary: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ["performance/primary/enable", {}, /performance replication is enabled on this cluster already \(as primary\)/],
    ["dr/primary/enable", {}, /DR replication is enabled on this cluster already \(as primary\)/],
    ["primary/enable", {}, /enabled on this cluster already/],
    ["performance/secondary/enable", { token: "x" }, /enabled on this cluster already/],
    ["performance/secondary/promote", {}, /not a performance secondary/],
    ["performance/secondary/disable", {}, /not a performance secondary/],
    ["performance/secondary/update-primary", { token: "" }, /not a performance secondary/],
    ["performance/primary/secondary-token", {}, /missing id/],
    ["performance/primary/secondary-token", { id: "" }, /id/],
    ["performance/primary/secondary-token", { id: "b" }, /b is connected/],
    ["performance/primary/secondary-token", { id: "-x" }, /id/],
    ["performance/primary/secondary-token", { id: "a/b" }, /id/],
    ["performance/primary/secondary-token", { id: "x", ttl: "0s" }, /ttl/],
    ["performance/primary/secondary-token", { id: "x", ttl: "31d" }, /ttl/],
    ["performance/primary/secondary-token", { id: "x", ttl: "soon" }, /ttl/],
    ["performance/primary/secondary-token", { id: "x", secondary_public_key: "bm8=" }, /generate-public-key/],
    ["performance/primary/revoke-secondary", {}, /missing id/],
    ["performance/primary/revoke-secondary", { id: "nobody" }, /no secondary with the id nobody/],
    ["performance/primary/paths-filter/b", { mode: "some" }, /mode/],
    ["performance/primary/paths-filter/b", { mode: "deny", paths: ["//"] }, /mount path/],
    ["performance/primary/mount-filter/b", { mode: "deny" }, /mode/],
    ["dr/primary/demote", { target: "nobody" }, /nobody/],
    ["reindex", { diff: "maybe" }, /diff/],
  ];
  it.each(onPrimary)("primary: %s %j", async (path, body, reason) => {
    const before = await set.status("a", "performance");
    const answer = await set.root.post(`sys/replication/${path}`, body);
    expect([answer.status, answer.body.errors?.join()]).toEqual([400, expect.stringMatching(reason)]);
    const after = await set.status("a", "performance");
    expect(after).toMatchObject({ mode: "primary", cluster_id: before.cluster_id, known_secondaries: ["b"] });
  });

  const onSecondary: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ["performance/primary/enable", {}, /performance secondary: promote it/],
    ["performance/primary/demote", {}, /not a performance primary/],
    ["performance/primary/disable", {}, /not a performance primary/],
    ["performance/primary/secondary-token", { id: "x" }, /not a performance primary/],
    ["performance/primary/revoke-secondary", { id: "x" }, /not a performance primary/],
    ["performance/primary/paths-filter/x", {}, /not a performance primary/],
    ["performance/secondary/enable", { token: "x" }, /performance secondary|already/],
    ["dr/secondary/enable", { token: "x" }, /performance replication is enabled/],
    ["performance/secondary/update-primary", {}, /give either token or update_primary_addrs/],
    ["performance/secondary/update-primary", { token: "t", update_primary_addrs: "127.0.0.1:1" }, /exclude each other/],
    ["performance/secondary/update-primary", { update_primary_addrs: ["nowhere"] }, /no cluster address/],
    ["performance/secondary/update-primary", { token: "nonsense" }, /no activation token/],
  ];
  it.each(onSecondary)("performance secondary: %s %j", async (path, body, reason) => {
    const answer = await onB.post(`sys/replication/${path}`, body);
    expect([answer.status, answer.body.errors?.join()]).toEqual([400, expect.stringMatching(reason)]);
    expect(await set.status("b", "performance")).toMatchObject({ mode: "secondary", state: "stream-wals" });
  });
});

describe("filters", () => {
  const P = "sys/replication/performance";

  it("are read back as they were written, under both names, and gone once deleted", async () => {
    const path = `${P}/primary/paths-filter/b`;
    expect((await set.root.get(path)).status).toBe(404);
    expect((await set.root.post(path, { mode: "deny", paths: ["payments/"] })).status).toBe(204);
    const { body } = await set.root.get(path);
    expect([body.mode, body.paths]).toEqual(["deny", ["payments/"]]);
    expect(body.data).toEqual({ mode: "deny", paths: ["payments/"] });
    const legacy = await set.root.get(`${P}/primary/mount-filter/b`);
    expect(legacy.body.data).toEqual({ mode: "blacklist", paths: ["payments/"] });
    await filteredOnBothSides(["payments/"]);
    expect((await set.root.post(`${P}/primary/mount-filter/b`, { mode: "whitelist", paths: "secret/" })).status).toBe(
      204,
    );
    expect((await set.root.get(path)).body.data).toEqual({ mode: "allow", paths: ["secret/"] });
    expect((await set.root.delete(path)).status).toBe(204);
    expect((await set.root.get(path)).status).toBe(404);
    await filteredOnBothSides([]);
  });

  async function filteredOnBothSides(mounts: readonly string[]): Promise<void> {
    const expected = { dynamic_filtered_mounts: mounts, dynamic_filtered_namespaces: [] };
    const sides: readonly (readonly [Api, string])[] = [
      [set.root, "primary"],
      [onB, "secondary"],
    ];
    for (const [api, side] of sides) {
      await eventually(`the filter on the ${side}`, async () => {
        const { body } = await api.get(`${P}/${side}/dynamic-filter/b`);
        return JSON.stringify(body.data) === JSON.stringify(expected) && body.dynamic_filtered_mounts !== undefined;
      });
    }
  }

  it("of somebody else, or on the wrong side, are not there", async () => {
    expect((await set.root.get(`${P}/primary/dynamic-filter/nobody`)).status).toBe(404);
    expect((await set.root.get(`${P}/secondary/dynamic-filter/b`)).status).toBe(404);
    expect((await onB.get(`${P}/primary/dynamic-filter/b`)).status).toBe(404);
    expect((await onB.get(`${P}/secondary/dynamic-filter/nobody`)).status).toBe(404);
  });
});

it("recover answers 200 and says what it did, on every kind of cluster", async () => {
  const primary = await set.root.must("POST", "sys/replication/recover");
  expect([primary.data, primary.warnings]).toEqual([null, [expect.stringContaining("follows no primary")]]);
  const secondary = await onB.must("POST", "sys/replication/recover");
  expect(secondary.warnings).toEqual([expect.stringContaining("connects again")]);
  const answer = await set.servers.d.api.post("sys/replication/dr/secondary/recover", {
    dr_operation_token: await set.operationToken(),
  });
  expect([answer.status, answer.body.warnings]).toEqual([200, [expect.stringContaining("connects again")]]);
});

it("what does not exist under sys/replication is 404, and a wrong method 405", async () => {
  const codes = async (method: string, path: string): Promise<number> => (await set.root.send(method, path)).status;
  expect(await codes("GET", "sys/replication/license")).toBe(404);
  expect(await codes("GET", "sys/replication/nonsense")).toBe(404);
  expect(await codes("GET", "sys/replication/performance/primary/enable")).toBe(405);
  expect(await codes("DELETE", "sys/replication/recover")).toBe(405);
  expect(await codes("LIST", "sys/replication/status")).toBe(405);
});

describe("there is no licence, and whoever looks for one is told so", () => {
  const D = "sys/replication/dr/secondary";
  it.each([
    ["GET", `${D}/license/status`],
    ["GET", `${D}/license`],
    ["POST", `${D}/license`],
    ["POST", `${D}/license/signed`],
    ["POST", `${D}/config/reload/license`],
  ])("%s %s on a DR secondary, without a token", async (method, path) => {
    expectNone(await set.servers.d.api.send(method, path, method === "POST" ? {} : undefined));
  });

  it.each([
    ["GET", "sys/license/status"],
    ["POST", "sys/config/reload/license"],
  ])("%s %s on a primary, with one", async (method, path) => {
    expectNone(await set.root.send(method, path));
    expect((await set.servers.a.api.send(method, path)).status).toBe(403);
  });

  function expectNone({ status, body }: ApiAnswer): void {
    expect([status, body.errors]).toEqual([404, [expect.stringContaining("enterprise-only feature")]]);
  }
});

it("strangers at the cluster port are counted in the metrics and named in the log", async () => {
  const count = async (reason: string): Promise<number> => {
    const { text } = await set.root.get("sys/metrics?format=prometheus");
    return Number(
      new RegExp(`vault_replication_rpc_server_refused\\{reason="${reason}"\\} (\\d+)`).exec(text)?.[1] ?? 0,
    );
  };
  const before = await count("handshake_failed");
  const port = set.servers.a.port + 1;
  const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, maxVersion: "TLSv1.2" });
  socket.on("error", () => undefined);
  await eventually("it is counted", async () => (await count("handshake_failed")) > before);
  const { log } = set.servers.a;
  expect(log).toMatch(/refused a connection.*"reason":"handshake_failed".*"address":"127\.0\.0\.1:\d+"/);
  socket.destroy();
}, 30_000);

it("role changes answer 200 with one warning and no data, and revoking cuts at once", async () => {
  const changed = (answer: ApiAnswer): void => {
    expect([answer.status, answer.body.data, answer.body.warnings?.length]).toEqual([200, null, 1]);
  };
  const revoke = { id: "b" };
  expect((await set.root.post("sys/replication/performance/primary/revoke-secondary", revoke)).status).toBe(204);
  await eventually("b is cut off", async () => {
    const { connection_state } = await set.status("b", "performance");
    return connection_state === "transient_failure";
  });
  await eventually("b is told why", async () =>
    set.servers.b.log.includes("the secondary was revoked, or a newer activation token"),
  );
  changed(await onB.post("sys/replication/performance/secondary/update-primary", { token: "" }));
  changed(await onB.post("sys/replication/secondary/promote", { force: true }));
  expect(await set.status("b", "performance")).toMatchObject({ mode: "primary", known_secondaries: [] });
  changed(await onB.post("sys/replication/primary/demote"));
  expect(await set.status("b", "performance")).toMatchObject({ mode: "secondary", state: "idle" });
  changed(await onB.post("sys/replication/performance/secondary/disable"));
  changed(await onB.post("sys/replication/primary/enable", { primary_cluster_addr: "127.0.0.1:9" }));
  expect(await set.status("b", "performance")).toMatchObject({ primary_cluster_addr: "127.0.0.1:9" });
  changed(await onB.post("sys/replication/performance/primary/disable"));
  expect(await set.status("b", "performance")).toEqual({ mode: "disabled" });
}, 60_000);
