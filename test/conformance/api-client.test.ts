import nodeVault, { type client } from "node-vault";
import { ServerProcess } from "../support/server-process";

/** A client that nobody wrote for this server: it sends LIST, reads the envelope, and knows the documented paths only. */
let server: ServerProcess;
let vault: client;
let rootToken: string;

beforeAll(async () => {
  server = await ServerProcess.start({ storage: "inmem" });
  const opener = clientOf(undefined);
  const made = await opener.init({ secret_shares: 1, secret_threshold: 1 });
  await opener.unseal({ key: made.keys[0], secret_shares: 1 });
  rootToken = made.root_token;
}, 60_000);

/** The client takes over every token it is given, so each test has its own. */
beforeEach(() => {
  vault = clientOf(rootToken);
});

afterAll(() => server?.destroy());

function clientOf(token: string | undefined): client {
  const endpoint = `http://127.0.0.1:${server.port}`;
  return nodeVault(token === undefined ? { endpoint } : { endpoint, token });
}

const mount = { mount_point: "secret", type: "kv", options: { version: "2" } };

test("status, health and init", async () => {
  expect(await vault.initialized()).toEqual({ initialized: true });
  expect(await vault.status()).toMatchObject({ sealed: false, t: 1, n: 1 });
  expect(await vault.health()).toMatchObject({ initialized: true, sealed: false });
});

test("kv version 2: write, read, list, delete", async () => {
  await vault.mount(mount);
  expect((await vault.mounts())["secret/"]).toMatchObject({ type: "kv" });
  expect((await vault.write("secret/data/app/db", { data: { user: "a" } })).data.version).toBe(1);
  expect((await vault.read("secret/data/app/db")).data.data).toEqual({ user: "a" });
  expect((await vault.list("secret/metadata/app")).data.keys).toEqual(["db"]);
  await vault.delete("secret/data/app/db");
  await expect(vault.read("secret/data/app/db")).rejects.toMatchObject({ response: { statusCode: 404 } });
});

test("policies, userpass and token lookup", async () => {
  await vault.addPolicy({ name: "reader", rules: 'path "secret/data/*" { capabilities = ["read"] }' });
  expect((await vault.getPolicy({ name: "reader" })).rules).toContain("secret/data/*");
  expect((await vault.policies()).policies).toContain("reader");
  await vault.enableAuth({ mount_point: "userpass", type: "userpass" });
  expect(await vault.auths()).toHaveProperty("userpass/");
  await vault.write("auth/userpass/users/ada", { password: "difficult", policies: "reader" });
  const user = clientOf(undefined);
  const login = await user.userpassLogin({ username: "ada", password: "difficult" });
  expect(login.auth.policies).toEqual(["default", "reader"]);
  expect((await user.tokenLookupSelf()).data.display_name).toBe("userpass-ada");
  await expect(user.mounts()).rejects.toMatchObject({ response: { statusCode: 403 } });
});

test("tokens: create, look up, renew, revoke", async () => {
  const made = await clientOf(rootToken).tokenCreate({ policies: ["reader"], ttl: "1h" });
  const token = made.auth.client_token;
  expect((await vault.tokenLookup({ token })).data.ttl).toBeGreaterThan(3500);
  expect((await clientOf(rootToken).tokenRenew({ token, increment: "2h" })).auth.renewable).toBe(true);
  expect((await vault.tokenAccessors()).data.keys).toContain(made.auth.accessor);
  await vault.tokenRevoke({ token });
  await expect(vault.tokenLookup({ token })).rejects.toMatchObject({ response: { statusCode: 403 } });
});

test("approle", async () => {
  await vault.enableAuth({ mount_point: "approle", type: "approle" });
  await vault.addApproleRole({ role_name: "app", policies: "reader" });
  const { role_id } = (await vault.getApproleRoleId({ role_name: "app" })).data;
  const { secret_id } = (await vault.getApproleRoleSecret({ role_name: "app" })).data;
  const login = await clientOf(undefined).approleLogin({ role_id, secret_id });
  expect(login.auth.metadata).toEqual({ role_name: "app" });
});

test("wrapping: wrap, look up, unwrap once", async () => {
  const wrapped = await vault.write("sys/wrapping/wrap", { zip: "zap" }, { headers: { "X-Vault-Wrap-TTL": "60s" } });
  const { token } = wrapped.wrap_info;
  expect((await vault.write("sys/wrapping/lookup", { token })).data.creation_ttl).toBe(60);
  expect((await vault.unwrap({ token })).data).toEqual({ zip: "zap" });
  await expect(vault.unwrap({ token })).rejects.toMatchObject({ response: { statusCode: 400 } });
});
