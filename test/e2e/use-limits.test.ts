import type { Api, ApiAnswer } from "../support/api";
import { LocalServer } from "../support/local-server";
import { eventually } from "../support/server-process";

/** `a` is the primary of both modes and waits for `d`, its DR secondary; `b` is a performance secondary that lags. */
let a: LocalServer;
let b: LocalServer;
let d: LocalServer;
let root: Api;
let operator: string;

beforeAll(async () => {
  const synchronous = { sync_dr: "block", sync_dr_timeout: "1s" };
  [a, b, d] = await Promise.all([
    LocalServer.start("a", synchronous),
    LocalServer.start("b"),
    LocalServer.start("d", synchronous),
  ]);
  root = a.root;
  await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await root.must("POST", "secret/data/app", { data: { v: "1" } });
  await root.must("PUT", "sys/policies/acl/app", { policy: 'path "secret/*" { capabilities = ["read"] }' });
  await root.must("PUT", "sys/policies/acl/dr-operator", {
    policy: 'path "sys/replication/dr/secondary/*" { capabilities = ["read", "update"] }',
  });
  const batch = { token_type: "batch", orphan: true, renewable: false, allowed_policies: "dr-operator" };
  await root.must("POST", "auth/token/roles/dr-operator", batch);
  await root.must("POST", "sys/auth/approle", { type: "approle" });
  await root.must("POST", "sys/auth/userpass", { type: "userpass" });
  const anna = { password: "anna-password", token_policies: "app", token_num_uses: 3 };
  await root.must("POST", "auth/userpass/users/anna", anna);
  await root.must("PUT", "sys/policies/acl/lookup", {
    policy: 'path "auth/approle/role/*" { capabilities = ["list"] }',
  });
  await root.must("POST", "auth/userpass/users/bert", { password: "bert-password", token_policies: "lookup" });
  for (const mode of ["performance", "dr"]) {
    await root.must("POST", `sys/replication/${mode}/primary/enable`, { primary_cluster_addr: a.clusterAddress });
  }
  await b.follow(a, root, "performance");
  await d.follow(a, root, "dr");
  await eventually("a waits for d", async () => (await a.status("dr")).sync_dr_state === "synchronous");
  const made = await root.must("POST", "auth/token/create/dr-operator", { policies: ["dr-operator"], ttl: "1h" });
  operator = String(made.auth?.client_token);
  const bert = await b.api.must("POST", "auth/userpass/login/bert", { password: "bert-password" });
  lookupToken = String(bert.auth?.client_token);
  b.transport.delayMilliseconds = () => Math.random() * 10;
}, 60_000);

afterAll(async () => {
  await Promise.all([a, b, d].map((server) => server?.stop()));
});

/** Asks so many times at each of the servers at once. @returns how many were granted, in all */
async function grants(
  servers: readonly LocalServer[],
  times: number,
  ask: (server: LocalServer) => Promise<ApiAnswer>,
): Promise<number> {
  const asked = servers.flatMap((server) => Array.from({ length: times }, () => ask(server)));
  const answers = await Promise.all(asked);
  const refusals = new Set(answers.filter(({ status }) => status !== 200).map(({ status }) => status));
  expect([...refusals].filter((status) => status !== 400 && status !== 403)).toEqual([]);
  return answers.filter(({ status }) => status === 200).length;
}

let roles = 0;

/** Of a role of its own: failed logins lock a role. */
async function approle(numUses: number): Promise<{ role_id: string; secret_id: string }> {
  const path = `auth/approle/role/app-${roles++}`;
  await root.must("POST", path, { token_policies: "app", token_num_uses: 4 });
  const role = await root.must("GET", `${path}/role-id`);
  const secret = await root.must("POST", `${path}/secret-id`, { num_uses: numUses });
  const secretId = String(secret.data?.secret_id);
  const logins = b.api.with(lookupToken);
  await eventually("b has the secret id", async () => {
    const list = await logins.list(`${path}/secret-id`);
    return (list.body.data?.keys as readonly string[] | undefined)?.includes(String(secret.data?.secret_id_accessor));
  });
  return { role_id: String(role.data?.role_id), secret_id: secretId };
}

/** May look secret ids up on `b`, as often as it likes. */
let lookupToken: string;

const read = (token: string) => (server: LocalServer) => server.api.with(token).get("secret/data/app");
const clientToken = (answer: ApiAnswer): string => String(answer.body.auth?.client_token);

async function limitedToken(numUses: number): Promise<string> {
  const made = await root.must("POST", "auth/token/create", { policies: ["app"], num_uses: numUses });
  return String(made.auth?.client_token);
}

test("a secret id is good for its number of logins over all clusters of the set", async () => {
  for (const numUses of [1, 5, 11]) {
    const credentials = await approle(numUses);
    const granted = await grants([a, b, d], 6, (server) => server.api.post("auth/approle/login", credentials));
    expect(granted).toBe(numUses);
  }
}, 60_000);

test("a token is good for its number of uses, at its cluster and through the DR secondary at once", async () => {
  for (const numUses of [1, 3, 10]) {
    const token = await limitedToken(numUses);
    expect(await grants([a, d], 9, read(token))).toBe(numUses);
    expect(await grants([a, b, d], 2, read(token))).toBe(0);
  }
}, 60_000);

test("the tokens of a login are limited as their role or user says, on the cluster that made them", async () => {
  for (const server of [a, b, d]) {
    const anna = await server.api.post("auth/userpass/login/anna", { password: "anna-password" });
    expect(anna.body.auth).toMatchObject({ num_uses: 3 });
    expect(await grants([server], 9, read(clientToken(anna)))).toBe(3);
    const credentials = await approle(1);
    const app = await server.api.post("auth/approle/login", credentials);
    expect(app.body.auth).toMatchObject({ num_uses: 4 });
    expect(await grants([server], 9, read(clientToken(app)))).toBe(4);
  }
}, 60_000);

test("a wrapped answer is handed out once", async () => {
  const wrap = async (api: Api): Promise<string> => {
    const answer = await api.get("secret/data/app", { headers: { "X-Vault-Wrap-TTL": "60" } });
    return String(answer.body.wrap_info?.token);
  };
  const unwrap = (token: string) => (server: LocalServer) => server.api.with(token).post("sys/wrapping/unwrap");
  for (let round = 0; round < 5; round += 1) {
    expect(await grants([a, d], 5, unwrap(await wrap(root)))).toBe(1);
  }
  const anna = clientToken(await b.api.post("auth/userpass/login/anna", { password: "anna-password" }));
  const wrappedOnB = await wrap(b.api.with(anna));
  expect(await grants([a, d], 2, unwrap(wrappedOnB))).toBe(0);
  expect(await grants([b], 8, unwrap(wrappedOnB))).toBe(1);
}, 60_000);

test("no use that was granted is granted again after the primary is lost, where its DR secondary is waited for", async () => {
  const uses = 12;
  const token = await limitedToken(uses);
  const credentials = await approle(uses);
  const wrapped = await root.get("secret/data/app", { headers: { "X-Vault-Wrap-TTL": "600" } });
  const wrappingToken = String(wrapped.body.wrap_info?.token);
  const login = (server: LocalServer) => server.api.post("auth/approle/login", credentials);
  const count = (answers: readonly ApiAnswer[]): number => answers.filter(({ status }) => status === 200).length;
  const some = <T>(ask: () => Promise<T>, times: number) => Promise.all(Array.from({ length: times }, ask));
  let [reads, logins, unwraps] = [count(await some(() => read(token)(a), 5)), count(await some(() => login(a), 5)), 0];
  expect([reads, logins]).toEqual([5, 5]);
  // From here on nothing reaches d: what a does it cannot acknowledge.
  d.transport.hold();
  const [lostReads, lostLogins, lostUnwraps] = await Promise.all([
    some(() => read(token)(a), 3),
    some(() => login(a), 3),
    some(() => a.api.with(wrappingToken).post("sys/wrapping/unwrap"), 1),
  ]);
  reads += count(lostReads);
  logins += count(lostLogins);
  unwraps += count(lostUnwraps);
  for (const answer of [...lostReads, ...lostLogins, ...lostUnwraps]) expect(answer.status).toBe(503);
  expect(lostReads[0]?.body.errors?.[0]).toContain("uncertain");
  await a.stop();
  await d.api.must("POST", "sys/replication/dr/secondary/promote", {
    force: true,
    dr_operation_token: operator,
    primary_cluster_addr: d.clusterAddress,
  });
  await eventually("d serves", async () => (await d.api.get("sys/health")).status === 200);
  reads += count(await some(() => read(token)(d), uses));
  logins += count(await some(() => login(d), uses));
  unwraps += count(await some(() => d.api.with(wrappingToken).post("sys/wrapping/unwrap"), 3));
  expect([reads, logins, unwraps]).toEqual([uses, uses, 1]);
}, 60_000);
