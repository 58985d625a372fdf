import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Api } from "../support/api";
import { eventually, ServerProcess } from "../support/server-process";

/** What a primary decides holds for the clients of its performance secondary too, and both leave their trail. */
let a: ServerProcess;
let b: ServerProcess;
let root: Api;

beforeAll(async () => {
  [a, b] = await Promise.all([ServerProcess.start({ name: "a" }), ServerProcess.start({ name: "b" })]);
  const { rootToken, keys } = await a.initialize();
  root = a.api.with(rootToken);
  const secondary = b.api.with((await b.initialize()).rootToken);
  await root.must("POST", "sys/mounts/kv", { type: "kv", options: { version: "2" } });
  await root.must("POST", "sys/auth/people", { type: "userpass" });
  await root.must("PUT", "sys/policies/acl/app", {
    policy: 'path "kv/*" { capabilities = ["create", "update", "read"] }',
  });
  await root.must("POST", "auth/people/users/anna", { password: "p", token_policies: "app" });
  await root.must("POST", "sys/replication/performance/primary/enable", {});
  const { wrap_info } = await root.must("POST", "sys/replication/performance/primary/secondary-token", { id: "b" });
  const token = wrap_info?.token;
  await secondary.must("POST", "sys/replication/performance/secondary/enable", { token });
  await eventually("b streams", async () => {
    if ((await b.api.get("sys/seal-status")).body.sealed === true) await b.unseal(keys);
    return (await b.api.get("sys/replication/performance/status")).body.data?.state === "stream-wals";
  });
}, 30_000);
afterAll(() => Promise.all([a.destroy(), b.destroy()]));

async function anna(): Promise<Api> {
  const answer = await eventually("a login at b", async () => {
    const tried = await b.api.post("auth/people/login/anna", { password: "p" });
    return tried.status === 200 && tried;
  });
  return b.api.with(String(answer.body.auth?.client_token));
}

function trail(server: ServerProcess, name: string): readonly string[] {
  const file = join(a.folder, `audit-${name}.log`);
  if (!existsSync(file)) throw new Error(`${server.folder}: no ${file}`);
  return readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; request: { path: string } })
    .filter(({ request }) => request.path === "kv/data/forwarded")
    .map(({ type }) => type);
}

it("audits a forwarded write on both sides, request and response", async () => {
  const options = { file_path: join(a.folder, "audit-{{cluster_name}}.log") };
  await root.must("POST", "sys/audit/both", { type: "file", options });
  const api = await anna();
  await eventually("b has the device", async () => {
    await api.get("kv/data/nothing");
    return existsSync(join(a.folder, "audit-b.log"));
  });
  expect((await api.post("kv/data/forwarded", { data: { v: 1 } })).status).toBe(200);
  expect([trail(a, "a"), trail(b, "b")]).toEqual([
    ["request", "response"],
    ["request", "response"],
  ]);
});

it("wraps what a policy wants wrapped, with a token of the secondary", async () => {
  const policy = 'path "kv/data/*" { capabilities = ["create", "update"]  min_wrapping_ttl = "10s" }';
  await root.must("PUT", "sys/policies/acl/app", { policy });
  const api = await anna();
  await eventually("the policy is there", async () => (await api.post("kv/data/w", { data: {} })).status === 403);
  const answer = await api.post("kv/data/w", { data: { v: 2 } }, { headers: { "X-Vault-Wrap-TTL": "60" } });
  expect([answer.status, answer.body.data]).toEqual([200, null]);
  const token = String(answer.body.wrap_info?.token);
  expect((await root.post("sys/wrapping/unwrap", { token })).status).toBe(400);
  expect((await b.api.with(token).post("sys/wrapping/unwrap")).body.data?.version).toBe(1);
});

it("ends a secondary's tokens when the primary disables the method that made them", async () => {
  const api = await anna();
  expect((await api.post("kv/data/w", { data: {} }, { headers: { "X-Vault-Wrap-TTL": "60" } })).status).toBe(200);
  expect((await api.get("auth/token/lookup-self")).status).toBe(200);
  await root.must("DELETE", "sys/auth/people");
  await eventually("the token is dead", async () => (await api.get("auth/token/lookup-self")).status === 403);
  const answer = await api.post("kv/data/w", { data: {} }, { headers: { "X-Vault-Wrap-TTL": "60" } });
  expect(answer.status).toBe(403);
});
