import { randomBytes } from "node:crypto";
import type { Api } from "../support/api";
import { eventually, ServerProcess } from "../support/server-process";

/** A primary that dies with writes that nobody else has, its successor, and its way back. */
let a: ServerProcess;
let b: ServerProcess;
let root: Api;
let operationToken: string;
let doomedToken: string;

const DIVERGENCE = "sys/replication/dr/divergence";

interface Report {
  readonly id: string;
  readonly paths: number;
  readonly revocations: number;
}

async function activationToken(primary: Api, id: string): Promise<string> {
  return String((await primary.must("POST", "sys/replication/dr/primary/secondary-token", { id })).wrap_info?.token);
}

async function status(server: ServerProcess): Promise<Record<string, unknown>> {
  const answer = await server.api.get("sys/replication/dr/status");
  return answer.body.data ?? {};
}

async function isEqual(primary: ServerProcess, secondary: ServerProcess): Promise<boolean> {
  const [theirs, ours] = [await status(primary), await status(secondary)];
  return ours.state === "stream-wals" && ours.merkle_root === theirs.merkle_root;
}

async function reportsOf(api: Api): Promise<readonly Report[]> {
  const answer = await api.must("GET", DIVERGENCE);
  return (answer.data as { readonly reports: readonly Report[] }).reports;
}

beforeAll(async () => {
  const start = (name: string) => ServerProcess.start({ name, sealKey: randomBytes(32).toString("base64") });
  [a, b] = await Promise.all([start("a"), start("b")]);
  const [first, second] = [await a.initialize(), await b.initialize()];
  root = a.api.with(first.rootToken);
  await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await root.must("POST", "sys/mounts/plain", { type: "kv" });
  await root.must("PUT", "sys/policies/acl/dr-operator", {
    policy: 'path "sys/replication/dr/secondary/*" { capabilities = ["read", "update"] }',
  });
  await root.must("PUT", "sys/policies/acl/reader", { policy: 'path "secret/*" { capabilities = ["read"] }' });
  await root.must("POST", "auth/token/roles/dr-operator", {
    token_type: "batch",
    orphan: true,
    renewable: false,
    allowed_policies: "dr-operator",
  });
  const operator = await root.must("POST", "auth/token/create/dr-operator", { policies: ["dr-operator"], ttl: "1h" });
  operationToken = String(operator.auth?.client_token);
  const doomed = await root.must("POST", "auth/token/create", { policies: ["reader"], ttl: "1h" });
  doomedToken = String(doomed.auth?.client_token);
  await root.must("POST", "secret/data/app", { data: { v: "both have it" } });
  await root.must("POST", "plain/old", { v: "both have it" });
  await root.must("POST", "sys/replication/dr/primary/enable", { primary_cluster_addr: a.clusterAddress });
  await b.api.with(second.rootToken).must("POST", "sys/replication/dr/secondary/enable", {
    token: await activationToken(root, "b"),
    primary_api_addr: a.api.address,
  });
  await eventually("b is equal", () => isEqual(a, b), 30_000);
}, 60_000);

afterAll(async () => {
  for (const server of [a, b]) await server?.destroy();
});

/** The old primary acknowledges what it never ships, and dies; the other one is promoted and goes on. */
async function part(): Promise<void> {
  await b.stop("SIGKILL");
  await root.must("POST", "secret/data/app", { data: { v: "only a: app" } });
  await root.must("POST", "secret/data/new", { data: { v: "only a: new" } });
  await root.must("POST", "plain/new", { v: "only a: plain" });
  await root.must("DELETE", "plain/old");
  await root.must("POST", "auth/token/revoke", { token: doomedToken });
  await a.stop("SIGKILL");
  await b.boot();
  await b.api.must("POST", "sys/replication/dr/secondary/promote", {
    dr_operation_token: operationToken,
    primary_cluster_addr: b.clusterAddress,
    force: true,
  });
}

async function rejoin(rootB: Api): Promise<void> {
  await a.boot();
  await eventually("a is fenced", async () => (await status(a)).state === "fenced");
  await root.must("POST", "sys/replication/dr/primary/demote");
  await a.api.must("POST", "sys/replication/dr/secondary/update-primary", {
    dr_operation_token: operationToken,
    token: await activationToken(rootB, "a"),
    primary_api_addr: b.api.address,
  });
  await eventually("a is equal", () => isEqual(b, a), 20_000);
}

it("lists and keeps what only the old primary had, revokes what it revoked, and writes again what is chosen", async () => {
  await part();
  const rootB = b.api.with(root.token ?? "");
  const doomed = b.api.with(doomedToken);
  await eventually("b serves", async () => (await rootB.post("secret/data/b", { data: { v: "b" } })).status === 200);
  expect((await doomed.get("auth/token/lookup-self")).status).toBe(200);
  await rejoin(rootB);
  await eventually(
    "the token is dead",
    async () => (await doomed.get("auth/token/lookup-self")).status === 403,
    20_000,
  );
  expect((await rootB.get("secret/data/app")).body.data?.data).toEqual({ v: "both have it" });

  await a.stop("SIGKILL");
  await a.boot();
  await eventually("a is equal again", () => isEqual(b, a), 20_000);
  expect((await status(a)).divergence_reports).toBe(1);
  const [report] = await reportsOf(root);
  expect(report?.revocations).toBe(1);
  const listed = await root.send("GET", `${DIVERGENCE}/${report?.id}?limit=100`);
  for (const path of ["secret/data/app", "secret/data/new", "plain/new", "plain/old", "auth/token"]) {
    expect(listed.text).toContain(`"path":"${path}"`);
  }
  expect(listed.text).not.toContain("only a");
  const guarded = await a.api.must("POST", "sys/replication/dr/secondary/divergence", {
    dr_operation_token: operationToken,
  });
  expect(guarded.data).toMatchObject({ reports: [{ id: report?.id }] });
  expect((await a.api.get(DIVERGENCE)).status).toBe(403);
  expect((await a.api.post("sys/replication/dr/secondary/divergence", { dr_operation_token: "no" })).status).toBe(403);
  const entry = await root.must("GET", `${DIVERGENCE}/${report?.id}/entry?path=secret/data/new`);
  expect(entry.data).toMatchObject({ path: "secret/data/new", value: { data: { v: "only a: new" } } });

  const replay = (paths: readonly string[], overwrite = false) =>
    root.must("POST", `${DIVERGENCE}/${report?.id}/replay`, { paths, overwrite });
  expect((await replay(["secret/data/new", "plain/new", "plain/old", "auth/token", "no/such"])).data).toMatchObject({
    results: [
      { path: "secret/data/new", outcome: "replayed" },
      { path: "plain/new", outcome: "replayed" },
      { path: "plain/old", outcome: "refused" },
      { path: "auth/token", outcome: "refused" },
      { path: "no/such", outcome: "refused" },
    ],
  });
  expect((await replay(["plain/old"], true)).data).toMatchObject({ results: [{ outcome: "replayed" }] });
  expect((await rootB.get("secret/data/new")).body.data?.data).toEqual({ v: "only a: new" });
  expect((await rootB.get("plain/new")).body.data).toEqual({ v: "only a: plain" });
  expect((await rootB.get("plain/old")).status).toBe(404);

  await root.must("DELETE", `${DIVERGENCE}/${report?.id}`);
  expect(await reportsOf(root)).toEqual([]);
  expect((await root.get(`${DIVERGENCE}/${report?.id}`)).status).toBe(404);
}, 120_000);

it("says on either side what a failover would cost now", async () => {
  const rootB = b.api.with(root.token ?? "");
  await eventually("a is up to date", async () => {
    const { data } = await rootB.must("GET", "sys/replication/dr/failover/plan");
    const [target] = (data as { readonly secondaries: readonly Record<string, unknown>[] }).secondaries;
    return target?.drains_at_once === true;
  });
  const primary = await rootB.must("GET", "sys/replication/dr/failover/plan");
  expect(primary.data).toMatchObject({
    mode: "primary",
    recommended_target: "a",
    secondaries: [{ node_id: "a", connection_status: "connected", writes_behind: 0, seconds_behind: 0 }],
  });
  const secondary = await a.api.must("POST", "sys/replication/dr/secondary/failover/plan", {
    dr_operation_token: operationToken,
  });
  expect(secondary.data).toMatchObject({ mode: "secondary", promote_allowed: true, is_primary_reachable: true });
  expect((await a.api.get("sys/replication/dr/failover/plan")).status).toBe(403);
  await a.stop("SIGKILL");
  await rootB.must("POST", "secret/data/behind", { data: { v: "1" } });
  const behind = await rootB.must("GET", "sys/replication/dr/failover/plan");
  expect(behind.data).toMatchObject({
    secondaries: [{ connection_status: "disconnected", writes_behind: 1, drains_at_once: false }],
  });
}, 60_000);
