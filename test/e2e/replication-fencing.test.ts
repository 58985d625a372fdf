import { randomBytes } from "node:crypto";
import type { Api } from "../support/api";
import { eventually, ServerProcess } from "../support/server-process";

/** A DR primary and two DR secondaries, real processes that unseal themselves, with a lease of two seconds. */
type Name = "a" | "b" | "c";
const NAMES: readonly Name[] = ["a", "b", "c"];
const LEASE_MILLISECONDS = 2_000;

let servers: Record<Name, ServerProcess>;
let root: Api;
let operationToken: string;

async function status(name: Name, mode = "dr"): Promise<Record<string, unknown>> {
  return (await servers[name].api.get(`sys/replication/${mode}/status`)).body.data ?? {};
}

async function isEqual(name: Name): Promise<boolean> {
  const [theirs, ours] = [await status("a"), await status(name)];
  return ours.state === "stream-wals" && ours.merkle_root === theirs.merkle_root;
}

const knows = async (name: Name, other: Name): Promise<boolean> =>
  JSON.stringify((await status(name)).known_primary_cluster_addrs).includes(`:${servers[other].port + 1}`);

const write = (api: Api, value: string) => api.post("secret/data/k", { data: { v: value } });

beforeAll(async () => {
  const configuration = { replication: { fencing_lease: "2s" } };
  const start = (name: string) =>
    ServerProcess.start({ name, configuration, sealKey: randomBytes(32).toString("base64") });
  const [a, b, c] = await Promise.all([start("a"), start("b"), start("c")]);
  servers = { a, b, c };
  const first = await a.initialize();
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
  await root.must("POST", "sys/replication/dr/primary/enable", { primary_cluster_addr: a.clusterAddress });
  for (const name of ["b", "c"] as const) {
    const own = await servers[name].initialize();
    const token = (await root.must("POST", "sys/replication/dr/primary/secondary-token", { id: name })).wrap_info;
    await servers[name].api.with(own.rootToken).must("POST", "sys/replication/dr/secondary/enable", {
      token: String(token?.token),
      primary_api_addr: a.api.address,
    });
    await eventually(`${name} is equal`, () => isEqual(name), 30_000);
  }
  await eventually("both know both", async () => (await knows("b", "c")) && (await knows("c", "b")), 30_000);
}, 90_000);

afterAll(async () => {
  for (const name of NAMES) await servers?.[name]?.destroy();
});

it("a primary that none of its secondaries confirms serves reads, and says why it takes no write and what helps", async () => {
  expect((await write(root, "confirmed")).status).toBe(200);
  for (const name of ["b", "c"] as const) await servers[name].stop("SIGKILL");
  await eventually("the lease has ended", async () => (await status("a")).state === "unconfirmed");
  const refused = await write(root, "unconfirmed");
  expect(refused.status).toBe(503);
  expect(refused.body.errors?.join()).toMatch(/DR secondaries \(b, c\).*override-fence.*fencing = "off"/);
  expect((await root.get("secret/data/k")).body.data?.data).toEqual({ v: "confirmed" });
  expect((await root.get("sys/health")).status).toBe(200);
  await servers.a.stop("SIGKILL");
  await servers.a.boot();
  await eventually("a reads again", async () => (await root.get("secret/data/k")).status === 200);
  expect((await write(root, "after a restart")).status).toBe(503);
  await servers.b.boot();
  await eventually("a is confirmed", async () => (await write(root, "again")).status === 200, 20_000);
  await servers.c.boot();
  for (const name of ["b", "c"] as const) await eventually(`${name} is equal`, () => isEqual(name), 30_000);
}, 90_000);

it("an operator's override lifts the wait until a secondary follows again", async () => {
  for (const name of ["b", "c"] as const) await servers[name].stop("SIGKILL");
  await eventually("the lease has ended", async () => (await write(root, "x")).status === 503);
  const override = await root.must("POST", "sys/replication/dr/primary/override-fence");
  expect(override.warnings?.join()).toContain("none of its secondaries has confirmed");
  await new Promise((resolve) => setTimeout(resolve, LEASE_MILLISECONDS * 1.5));
  expect((await write(root, "by hand")).status).toBe(200);
  for (const name of ["b", "c"] as const) await servers[name].boot();
  for (const name of ["b", "c"] as const) await eventually(`${name} is equal`, () => isEqual(name), 30_000);
}, 90_000);

it("two DR secondaries promoted at once are two lineages that refuse each other: both epochs stand in the status of both", async () => {
  await servers.a.stop("SIGKILL");
  const promoted = ["b", "c"] as const;
  await Promise.all(
    promoted.map((name) =>
      servers[name].api.must("POST", "sys/replication/dr/secondary/promote", {
        dr_operation_token: operationToken,
        primary_cluster_addr: servers[name].clusterAddress,
        force: true,
      }),
    ),
  );
  const conflicts = async (name: Name) => (await status(name)).conflicting_epochs as readonly unknown[] | undefined;
  await eventually(
    "both know",
    async () => (await conflicts("b")) !== undefined && (await conflicts("c")) !== undefined,
    30_000,
  );
  const epochs = { b: (await status("b")).epoch, c: (await status("c")).epoch };
  expect(epochs.b).toMatchObject({ number: 2 });
  expect(epochs.c).toMatchObject({ number: 2 });
  expect(epochs.b).not.toEqual(epochs.c);
  expect(await conflicts("b")).toMatchObject([epochs.c]);
  expect(await conflicts("c")).toMatchObject([epochs.b]);
  for (const name of promoted) {
    expect(servers[name].log).toContain("another cluster of the set was promoted beside this one");
    const api = servers[name].api.with(root.token ?? "");
    expect((await write(api, `on ${name}`)).status).toBe(200);
  }
  await servers.a.boot();
  await eventually("a is fenced", async () => (await status("a")).state === "fenced", 20_000);
  expect((await write(root, "late")).status).toBe(503);
}, 90_000);
