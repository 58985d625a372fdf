import type { Api } from "../support/api";
import { eventually, type Initialized, ServerProcess } from "../support/server-process";

/** Four real processes: `a` primary of both modes, `b` and `c` performance secondaries (`b` filtered), `d` the DR secondary of `a`. */
type Name = "a" | "b" | "c" | "d";
const NAMES: readonly Name[] = ["a", "b", "c", "d"];

let servers: Record<Name, ServerProcess>;
let root: Api;
let keys: readonly string[];
let operationToken: string;

function wrapped(body: { readonly wrap_info?: Record<string, unknown> | null }): string {
  return String(body.wrap_info?.token);
}

async function activationToken(primary: Api, mode: string, id: string): Promise<string> {
  return wrapped(await primary.must("POST", `sys/replication/${mode}/primary/secondary-token`, { id }));
}

async function streams(name: Name, mode: string): Promise<void> {
  await eventually(`${name} streams`, async () => {
    const { api } = servers[name];
    const status = await api.get("sys/seal-status");
    if (status.body.sealed === true) await servers[name].unseal(keys);
    const replication = await api.get(`sys/replication/${mode}/status`);
    return replication.body.data?.state === "stream-wals";
  });
}

async function login(name: Name): Promise<Api> {
  const answer = await eventually(`a login on ${name}`, async () => {
    const tried = await servers[name].api.post("auth/userpass/login/anna", { password: "anna-password" });
    return tried.status === 200 && tried;
  });
  return servers[name].api.with(String(answer.body.auth?.client_token));
}

async function value(api: Api, path: string): Promise<unknown> {
  const answer = await api.get(path);
  return (answer.body.data?.data as Record<string, unknown> | undefined)?.v ?? answer.status;
}

beforeAll(async () => {
  const started = await Promise.all(NAMES.map((name) => ServerProcess.start({ name })));
  servers = Object.fromEntries(NAMES.map((name, index) => [name, started[index]])) as Record<Name, ServerProcess>;
  const initialized = {} as Record<Name, Initialized>;
  for (const name of NAMES) initialized[name] = await servers[name].initialize();
  keys = initialized.a.keys;
  root = servers.a.api.with(initialized.a.rootToken);
  for (const path of ["secret", "payments-eu"])
    await root.must("POST", `sys/mounts/${path}`, { type: "kv", options: { version: "2" } });
  await root.must("POST", "sys/mounts/here-only", { type: "kv", options: { version: "2" }, local: true });
  await root.must("PUT", "sys/policies/acl/app", {
    policy:
      'path "secret/*" { capabilities = ["create", "read", "update", "list", "delete"] }\npath "payments-eu/*" { capabilities = ["read"] }\npath "here-only/*" { capabilities = ["read"] }',
  });
  await root.must("PUT", "sys/policies/acl/dr-operator", {
    policy: 'path "sys/replication/dr/secondary/*" { capabilities = ["read", "update"] }',
  });
  await root.must("POST", "auth/token/roles/dr-operator", {
    token_type: "batch",
    orphan: true,
    renewable: false,
    allowed_policies: "dr-operator",
  });
  await root.must("POST", "sys/auth/userpass", { type: "userpass" });
  await root.must("POST", "auth/userpass/users/anna", { password: "anna-password", token_policies: "app" });
  await root.must("POST", "secret/data/app", { data: { v: "first" } });
  await root.must("POST", "payments-eu/data/card", { data: { v: "4111" } });
  await root.must("POST", "here-only/data/x", { data: { v: "local" } });
  for (const mode of ["performance", "dr"]) {
    await root.must("POST", `sys/replication/${mode}/primary/enable`, {
      primary_cluster_addr: servers.a.clusterAddress,
    });
  }
  await root.must("POST", "sys/replication/performance/primary/paths-filter/b", {
    mode: "deny",
    paths: ["payments-eu/"],
  });
  for (const [name, mode] of [
    ["b", "performance"],
    ["c", "performance"],
    ["d", "dr"],
  ] as const) {
    const token = await activationToken(root, mode, name);
    const own = servers[name].api.with(initialized[name].rootToken);
    await own.must("POST", `sys/replication/${mode}/secondary/enable`, {
      token,
      primary_api_addr: servers.a.api.address,
    });
    await streams(name, mode);
  }
}, 90_000);

afterAll(async () => {
  for (const server of Object.values(servers ?? {})) await server.destroy();
});

describe("performance secondaries", () => {
  it("serve what the primary has, and what it writes from now on", async () => {
    for (const name of ["b", "c"] as const) expect(await value(await login(name), "secret/data/app")).toBe("first");
    await root.must("POST", "secret/data/app", { data: { v: "second" } });
    for (const name of ["b", "c"] as const) {
      const api = await login(name);
      await eventually(`the write on ${name}`, async () => (await value(api, "secret/data/app")) === "second");
    }
  });

  it("issue tokens that no other cluster knows", async () => {
    const token = (await login("b")).token ?? "";
    expect((await servers.b.api.get("auth/token/lookup-self", { token })).status).toBe(200);
    for (const name of ["a", "c"] as const)
      expect((await servers[name].api.get("auth/token/lookup-self", { token })).status).toBe(403);
  });

  it("forward writes and show them at once", async () => {
    const api = await login("b");
    for (let round = 0; round < 20; round += 1) {
      const written = await api.must("POST", "secret/data/through-b", { data: { v: `r${round}` } });
      expect(written.warnings ?? []).toEqual([]);
      expect(await value(api, "secret/data/through-b")).toBe(`r${round}`);
    }
    expect(await value(root, "secret/data/through-b")).toBe("r19");
  });

  it("hold a mount only where no filter hides it, and never a local one", async () => {
    const [b, c] = [await login("b"), await login("c")];
    expect(await value(c, "payments-eu/data/card")).toBe("4111");
    expect((await b.get("payments-eu/data/card")).status).not.toBe(200);
    for (const api of [b, c]) expect((await api.get("here-only/data/x")).status).not.toBe(200);
  });

  it("get newly unfiltered mounts and lose newly filtered ones", async () => {
    const b = await login("b");
    await root.must("POST", "sys/replication/performance/primary/paths-filter/b", { mode: "deny", paths: ["secret/"] });
    await eventually("payments-eu on b", async () => (await value(b, "payments-eu/data/card")) === "4111");
    await eventually("secret gone from b", async () => (await b.get("secret/data/app")).status !== 200);
    await root.must("POST", "sys/replication/performance/primary/paths-filter/b", {
      mode: "deny",
      paths: ["payments-eu/"],
    });
    await eventually("secret back on b", async () => (await value(b, "secret/data/app")) === "second");
    await eventually("payments-eu gone from b", async () => (await b.get("payments-eu/data/card")).status !== 200);
  });

  it("go on after either side was killed", async () => {
    await servers.b.stop("SIGKILL");
    await root.must("POST", "secret/data/app", { data: { v: "while b was away" } });
    await servers.b.boot();
    await streams("b", "performance");
    const b = await login("b");
    await eventually("what b missed", async () => (await value(b, "secret/data/app")) === "while b was away");
    await servers.a.stop("SIGKILL");
    expect(await value(b, "secret/data/app")).toBe("while b was away");
    await login("b");
    expect((await b.post("secret/data/app", { data: { v: "x" } })).status).toBe(503);
    await servers.a.boot();
    await servers.a.unseal(keys);
    await eventually(
      "a forwarded write",
      async () => (await b.post("secret/data/app", { data: { v: "third" } })).status === 200,
    );
    expect(await value(b, "secret/data/app")).toBe("third");
  }, 60_000);
});

describe("the DR secondary", () => {
  it("answers health with 472 and hands clients to its primary", async () => {
    expect((await servers.d.api.get("sys/health")).status).toBe(472);
    const anna = await login("d");
    await anna.must("POST", "secret/data/through-d", { data: { v: "forwarded" } });
    expect(await value(root, "secret/data/through-d")).toBe("forwarded");
  });

  it("takes over with every token when the primary is demoted towards it, and gives back", async () => {
    const anna = await login("a");
    operationToken = String(
      (await root.must("POST", "auth/token/create/dr-operator", { policies: ["dr-operator"], ttl: "1h" })).auth
        ?.client_token,
    );
    await root.must("POST", "sys/replication/dr/primary/demote", { target: "d" });
    await servers.d.api.must("POST", "sys/replication/dr/secondary/promote", {
      dr_operation_token: operationToken,
      primary_cluster_addr: servers.d.clusterAddress,
    });
    await eventually("d serves", async () => (await servers.d.api.get("sys/health")).status === 200);
    const onD = servers.d.api.with(anna.token ?? "");
    expect(await value(onD, "secret/data/app")).toBe("third");
    await onD.must("POST", "secret/data/app", { data: { v: "written on d" } });
    const rootD = servers.d.api.with(root.token ?? "");
    expect((await rootD.get("sys/replication/status")).body.data).toMatchObject({
      dr: { mode: "primary" },
      performance: { mode: "primary" },
    });
    const token = await activationToken(rootD, "dr", "a");
    await servers.a.api.must("POST", "sys/replication/dr/secondary/update-primary", {
      dr_operation_token: operationToken,
      token,
      primary_api_addr: servers.d.api.address,
    });
    await streams("a", "dr");
    for (const name of ["b", "c"] as const) {
      const api = await login(name);
      await eventually(
        `${name} follows d`,
        async () => (await value(api, "secret/data/app")) === "written on d",
        40_000,
      );
    }
  }, 120_000);
});
