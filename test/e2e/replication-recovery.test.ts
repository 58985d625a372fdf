import { randomBytes } from "node:crypto";
import type { Api } from "../support/api";
import { eventually, ServerProcess } from "../support/server-process";

/** A DR pair of real processes that unseal themselves, with a log so short that an absence of seconds is too long for it. */
let a: ServerProcess;
let b: ServerProcess;
let root: Api;
let operationToken: string;

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

beforeAll(async () => {
  const configuration = { replication: { log_retention_size: 131_072 } };
  const start = (name: string) =>
    ServerProcess.start({ name, configuration, sealKey: randomBytes(32).toString("base64") });
  [a, b] = await Promise.all([start("a"), start("b")]);
  const [first, second] = [await a.initialize(), await b.initialize()];
  root = a.api.with(first.rootToken);
  await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await root.must("PUT", "sys/policies/acl/dr-operator", {
    policy: 'path "sys/replication/dr/secondary/*" { capabilities = ["read", "update"] }',
  });
  await root.must("POST", "auth/token/roles/dr-operator", {
    token_type: "batch",
    orphan: true,
    renewable: false,
    allowed_policies: "dr-operator",
  });
  const created = await root.must("POST", "auth/token/create/dr-operator", { policies: ["dr-operator"], ttl: "1h" });
  operationToken = String(created.auth?.client_token);
  for (let n = 0; n < 200; n += 1) await root.must("POST", `secret/data/s${n}`, { data: { v: "x".repeat(300) } });
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

it("reconciles by a diff after the log went on without it, although it is killed again in the middle", async () => {
  await b.stop("SIGKILL");
  for (let n = 0; n < 300; n += 1) await root.must("POST", `secret/data/s${n}`, { data: { v: `y${n}`.repeat(100) } });
  b.log = "";
  await b.boot();
  await new Promise((settle) => setTimeout(settle, 150));
  await b.stop("SIGKILL");
  await b.boot();
  await eventually("b is equal", () => isEqual(a, b), 20_000);
  expect(b.log).toContain('"to":"merkle-diff"');
  expect(b.log).not.toContain("snapshot");
}, 60_000);

it("an old primary that returns after a promotion acknowledges nothing, restart or not, and comes back as a secondary", async () => {
  await root.must("POST", "secret/data/last", { data: { v: "both have it" } });
  await eventually("b is equal", () => isEqual(a, b));
  await a.stop("SIGKILL");
  const promotion = await b.api.must("POST", "sys/replication/dr/secondary/promote", {
    dr_operation_token: operationToken,
    primary_cluster_addr: b.clusterAddress,
    force: true,
  });
  expect(promotion.warnings).toHaveLength(1);
  const rootB = b.api.with(root.token ?? "");
  await eventually(
    "b serves",
    async () => (await rootB.post("secret/data/new", { data: { v: "on b" } })).status === 200,
  );
  await a.boot();
  await eventually("a is fenced", async () => (await status(a)).state === "fenced");
  const write = () => root.post("secret/data/last", { data: { v: "late" } });
  expect((await write()).status).toBe(503);
  await b.stop("SIGKILL");
  await a.stop("SIGKILL");
  await a.boot();
  await eventually("a answers", async () => (await root.get("secret/data/last")).status === 200);
  expect((await status(a)).state).toBe("fenced");
  for (let n = 0; n < 20; n += 1) expect((await write()).status).toBe(503);
  expect((await root.get("secret/data/last")).body.data?.data).toEqual({ v: "both have it" });
  await b.boot();
  await eventually("b serves", async () => (await rootB.get("secret/data/new")).status === 200);
  await root.must("POST", "sys/replication/dr/primary/demote");
  await a.api.must("POST", "sys/replication/dr/secondary/update-primary", {
    dr_operation_token: operationToken,
    token: await activationToken(rootB, "a"),
    primary_api_addr: b.api.address,
  });
  await eventually("a is equal", () => isEqual(b, a), 20_000);
  expect((await a.api.get("sys/health")).status).toBe(472);
}, 90_000);
