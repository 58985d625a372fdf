import { randomBytes } from "node:crypto";
import type { Api } from "../support/api";
import { eventually, ServerProcess } from "../support/server-process";

/** As divergence.test.ts, with a performance secondary that is promoted: each cluster has tokens of its own. */
let a: ServerProcess;
let b: ServerProcess;
let rootA: Api;
const secretIds: string[] = [];
let roleId: string;

const PERFORMANCE = "sys/replication/performance";

async function status(server: ServerProcess): Promise<Record<string, unknown>> {
  return (await server.api.get(`${PERFORMANCE}/status`)).body.data ?? {};
}

async function isEqual(primary: ServerProcess, secondary: ServerProcess): Promise<boolean> {
  const [theirs, ours] = [await status(primary), await status(secondary)];
  return ours.state === "stream-wals" && ours.merkle_root === theirs.merkle_root;
}

async function activationToken(primary: Api, id: string): Promise<string> {
  return String((await primary.must("POST", `${PERFORMANCE}/primary/secondary-token`, { id })).wrap_info?.token);
}

async function login(server: ServerProcess, user: string): Promise<Api> {
  const answer = await server.api.must("POST", `auth/userpass/login/${user}`, { password: "a long password" });
  return server.api.with(String(answer.auth?.client_token));
}

const roleLogin = (server: ServerProcess, secretId: string | undefined) =>
  server.api.post("auth/approle/login", { role_id: roleId, secret_id: secretId });

beforeAll(async () => {
  const start = (name: string) => ServerProcess.start({ name, sealKey: randomBytes(32).toString("base64") });
  [a, b] = await Promise.all([start("a"), start("b")]);
  const [first, second] = [await a.initialize(), await b.initialize()];
  rootA = a.api.with(first.rootToken);
  await rootA.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  for (const type of ["userpass", "approle"]) await rootA.must("POST", `sys/auth/${type}`, { type });
  const all = '"create", "read", "update", "delete", "list", "sudo"';
  await rootA.must("PUT", "sys/policies/acl/operator", { policy: `path "*" { capabilities = [${all}] }` });
  await rootA.must("PUT", "sys/policies/acl/auditor", {
    policy: `path "${PERFORMANCE}/divergence*" { capabilities = [${all}] }`,
  });
  for (const user of ["operator", "auditor"]) {
    await rootA.must("POST", `auth/userpass/users/${user}`, { password: "a long password", token_policies: [user] });
  }
  await rootA.must("POST", "auth/approle/role/app", { token_policies: ["default"] });
  roleId = String((await rootA.must("GET", "auth/approle/role/app/role-id")).data?.role_id);
  for (let n = 0; n < 2; n += 1) {
    const made = await rootA.must("POST", "auth/approle/role/app/secret-id", {});
    secretIds.push(String(made.data?.secret_id));
  }
  await rootA.must("POST", `${PERFORMANCE}/primary/enable`, { primary_cluster_addr: a.clusterAddress });
  await b.api.with(second.rootToken).must("POST", `${PERFORMANCE}/secondary/enable`, {
    token: await activationToken(rootA, "b"),
    primary_api_addr: a.api.address,
  });
  await eventually("b is equal", () => isEqual(a, b), 30_000);
}, 60_000);

afterAll(async () => {
  for (const server of [a, b]) await server?.destroy();
});

it("a replay from a performance secondary is forwarded with the caller's own rights, and shared revocations are done again", async () => {
  const [doomed, other] = secretIds;
  await b.stop("SIGKILL");
  await rootA.must("POST", "secret/data/new", { data: { v: "only a" } });
  await rootA.must("POST", "auth/approle/role/app/secret-id/destroy", { secret_id: doomed });
  await a.stop("SIGKILL");
  await b.boot();
  const operatorB = await login(b, "operator");
  await operatorB.must("POST", `${PERFORMANCE}/secondary/promote`, {
    primary_cluster_addr: b.clusterAddress,
    force: true,
  });
  await eventually("b is primary", async () => (await status(b)).mode === "primary");
  expect((await roleLogin(b, doomed)).status).toBe(200);
  await a.boot();
  await eventually("a is fenced", async () => (await status(a)).state === "fenced");
  await rootA.must("POST", `${PERFORMANCE}/primary/demote`);
  await rootA.must("POST", `${PERFORMANCE}/secondary/update-primary`, {
    token: await activationToken(operatorB, "a"),
    primary_api_addr: b.api.address,
  });
  await eventually("a is equal", () => isEqual(b, a), 20_000);
  await eventually("the secret id is destroyed", async () => (await roleLogin(b, doomed)).status === 400, 20_000);
  expect((await roleLogin(b, other)).status).toBe(200);

  const listed = await rootA.must("GET", `${PERFORMANCE}/divergence`);
  const { reports } = listed.data as { readonly reports: readonly { readonly id: string }[] };
  expect(reports).toHaveLength(1);
  const report = `${PERFORMANCE}/divergence/${reports[0]?.id}`;
  const replay = (caller: Api) => caller.must("POST", `${report}/replay`, { paths: ["secret/data/new"] });
  const auditor = await login(a, "auditor");
  expect((await replay(auditor)).data).toMatchObject({ results: [{ outcome: "failed", status: 403 }] });
  expect((await operatorB.get("secret/data/new")).status).toBe(404);
  expect((await replay(await login(a, "operator"))).data).toMatchObject({ results: [{ outcome: "replayed" }] });
  expect((await operatorB.get("secret/data/new")).body.data?.data).toEqual({ v: "only a" });
  await eventually("a has it back", async () => (await rootA.get("secret/data/new")).status === 200);
  await auditor.must("DELETE", report);
  expect((await status(a)).divergence_reports).toBe(0);
}, 120_000);
