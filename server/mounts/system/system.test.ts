import { textOf, tokenFacts } from "../../pipeline/testing/pipeline-fixture";
import type { AccessQuestion } from "../../sdk/policy";
import { systemPaths } from "./index";
import { SystemFixture } from "./testing/system-fixture";

const NODE_STATES = {
  uninitialised: { initialized: false, sealed: true, dr: "disabled" },
  sealed: { initialized: true, sealed: true, dr: "disabled" },
  "dr secondary": { initialized: true, sealed: false, dr: "secondary" },
  active: { initialized: true, sealed: false, dr: "disabled" },
} as const;

async function inState(state: keyof typeof NODE_STATES): Promise<SystemFixture> {
  const system = await new SystemFixture().open();
  const { initialized, sealed, dr } = NODE_STATES[state];
  system.change({ initialized, sealed });
  system.server.state = { performance: "disabled", dr };
  return system;
}

test.each([
  ["uninitialised", "", 501],
  ["uninitialised", "?uninitcode=200&sealedcode=299", 200],
  ["sealed", "", 503],
  ["sealed", "?sealedcode=204", 204],
  ["dr secondary", "", 472],
  ["dr secondary", "?drsecondarycode=202&activecode=299", 202],
  ["active", "", 200],
  ["active", "?activecode=299", 299],
  ["active", "?standbyok=true&standbycode=429&perfstandbyok=1&performancestandbycode=473", 200],
  ["active", "?activecode=abc", 400],
  ["active", "?sealedcode=99", 400],
] as const)("health of a node that is %s, %s: %i", async (state, query, expected) => {
  const system = await inState(state);
  for (const method of ["GET", "HEAD"]) {
    const answer = await system.server.ask(method, `/v1/sys/health${query}`);
    expect(answer.status).toBe(expected);
  }
});

test("health says what the node is", async () => {
  const system = await new SystemFixture().open();
  system.server.state = { performance: "primary", dr: "disabled" };
  expect((await system.ask("GET", "health")).json).toMatchObject({
    initialized: true,
    sealed: false,
    standby: false,
    performance_standby: false,
    replication_performance_mode: "primary",
    replication_dr_mode: "disabled",
    cluster_name: "dc-a",
    cluster_id: "c1",
    version: "0.1.0",
  });
  system.replicationHealth = { echoDurationMilliseconds: 3, clockSkewMilliseconds: -20, canaryAgeMilliseconds: 812.4 };
  expect((await system.ask("GET", "health")).json).toMatchObject({
    echo_duration_ms: 3,
    clock_skew_ms: -20,
    replication_primary_canary_age_ms: 812,
  });
  system.change({ sealed: true, clusterName: undefined });
  const sealed = (await system.ask("GET", "health")).json;
  expect(sealed.replication_dr_mode).toBe("unknown");
  expect(sealed).not.toHaveProperty("cluster_name");
});

/** Asks every declared operation without a token; what is not refused with 403 or 503 is open. */
async function openSurface(state: keyof typeof NODE_STATES): Promise<readonly string[]> {
  const system = await inState(state);
  system.server.drClientRequests = "refuse";
  const methods = {
    read: "GET",
    list: "LIST",
    update: "POST",
    create: "POST",
    patch: "PATCH",
    delete: "DELETE",
  } as const;
  const open: string[] = [];
  for (const path of systemPaths) {
    for (const operation of ["read", "list", "update", "create", "patch", "delete"] as const) {
      if (path.operations[operation] === undefined) continue;
      const target = `/v1/sys/${path.template.replace(/\{[^}]*\}/g, "x")}`;
      const answer = await system.server.ask(methods[operation], target);
      const text = textOf(answer);
      const isRefused = answer.status === 403 || (answer.status === 503 && text.includes("errors"));
      if (!isRefused && !text.includes("DR secondary mode")) open.push(`${methods[operation]} ${path.template}`);
    }
  }
  return open;
}

test.each(["uninitialised", "sealed", "dr secondary", "active"] as const)(
  "what is open to everybody while the node is %s",
  async (state) => {
    expect(await openSurface(state)).toMatchSnapshot();
  },
);

test("mounts: enable, show, tune, disable, in the table and beside the envelope", async () => {
  const system = await new SystemFixture().open();
  const config = { default_lease_ttl: "1h", max_lease_ttl: 7200, listing_visibility: "unauth" };
  const options = { version: "2" };
  expect((await system.ask("POST", "mounts/team/kv", { type: "kv", description: "d", options, config })).status).toBe(
    204,
  );
  const table = (await system.ask("GET", "mounts")).json;
  expect(table["team/kv/"]).toMatchObject({ type: "kv", options, description: "d", local: false });
  expect(table.data).toMatchObject({ "team/kv/": { config: { default_lease_ttl: 3600, max_lease_ttl: 7200 } } });
  expect(table["sys/"]).toMatchObject({ type: "system" });
  expect((await system.ask("GET", "mounts/team/kv/tune")).json).toMatchObject({ default_lease_ttl: 3600, options });
  expect((await system.ask("POST", "mounts/team/kv/tune", { description: "e", max_lease_ttl: "3h" })).status).toBe(204);
  expect((await system.ask("POST", "mounts/team/kv/tune", { options: { version: "1" } })).status).toBe(400);
  expect((await system.ask("POST", "mounts/team/kv/tune", { options })).status).toBe(204);
  expect((await system.ask("GET", "mounts/team/kv")).json).toMatchObject({ data: { description: "e" }, type: "kv" });
  expect((await system.ask("GET", "mounts/team/kv/tune")).json).toMatchObject({
    max_lease_ttl: 10800,
    default_lease_ttl: 3600,
  });
  expect((await system.server.ask("GET", "/v1/team/kv/x", { token: "root" })).status).toBe(200);
  const shown = (await system.ask("GET", "internal/ui/mounts", undefined, "")).json;
  expect(shown).toMatchObject({ data: { secret: { "team/kv/": { type: "kv" } }, auth: {} } });
  expect((await system.ask("DELETE", "mounts/team/kv")).status).toBe(204);
  expect(system.revoked).toEqual(["team/kv/"]);
  expect((await system.server.ask("GET", "/v1/team/kv/x", { token: "root" })).status).toBe(404);
  expect((await system.ask("DELETE", "mounts/team/kv")).status).toBe(204);
});

test("a mount's data goes with it, in bounded commits, and an interrupted removal is finished at the next start", async () => {
  const system = await new SystemFixture().open();
  await system.ask("POST", "mounts/kv", { type: "kv" });
  const entry = system.server.router.read("kv");
  const data = system.server.view(`data/${entry?.id}/`, "replicated");
  for (const part of [0, 1, 2]) {
    await data.commit(Array.from({ length: 400 }, (_, index) => data.put(`k${part}-${index}`, Buffer.alloc(0))));
  }
  system.server.barrier.beforeCommit = async () => {
    system.server.barrier.beforeCommit = async () => {
      system.server.barrier.commitFailure = "storage_full";
    };
  };
  expect((await system.ask("DELETE", "mounts/kv")).status).toBe(507);
  expect(system.server.router.read("kv")).toBeUndefined();
  expect((await data.listAll("", { limit: 2000 })).length).toBeGreaterThan(0);
  system.server.barrier.commitFailure = undefined;
  await system.server.open();
  expect(await data.listAll("", { limit: 2000 })).toEqual([]);
  expect(system.server.router.read("kv")).toBeUndefined();
});

test.each([
  ["mounts/sys", { type: "kv" }, "reserved"],
  ["mounts/cubbyhole/x", { type: "kv" }, "reserved"],
  ["mounts/a", { type: "nope" }, "kv"],
  ["mounts/a", {}, "plugin not found"],
  ["mounts/a", { type: "userpass" }, "plugin not found"],
  ["mounts/a+b", { type: "kv" }, "character"],
  ["mounts/a", { type: "kv", options: { version: "3" } }, "version must be"],
  ["mounts/a", { type: "kv", config: { max_lease_ttl: "canary" } }, "max_lease_ttl"],
  ["mounts/a", { type: "kv", config: { max_lease_ttl: 1, default_lease_ttl: 2 } }, "larger"],
  ["auth/token", { type: "userpass" }, "already in use"],
])("%s %j is refused", async (path, body, reason) => {
  const system = await new SystemFixture().open();
  const answer = await system.ask("POST", path, body);
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.json)).toContain(reason);
  expect(JSON.stringify(answer.json)).not.toContain("canary");
});

test("nested mounts and taken paths are refused; of two at once one wins", async () => {
  const system = await new SystemFixture().open();
  const both = await Promise.all([
    system.ask("POST", "mounts/a/b", { type: "kv" }),
    system.ask("POST", "mounts/a/b", { type: "kv" }),
  ]);
  expect(both.map((answer) => answer.status).sort()).toEqual([204, 400]);
  for (const path of ["mounts/a", "mounts/a/b/c"]) {
    expect(JSON.stringify((await system.ask("POST", path, { type: "kv" })).json)).toContain(
      "path is already in use at a/b/",
    );
  }
  expect((await system.ask("POST", "mounts/a/bc", { type: "kv" })).status).toBe(204);
});

test("auth methods live in their own half; kv-v2 is kv with an option; remount moves", async () => {
  const system = await new SystemFixture().open();
  expect((await system.ask("POST", "auth/people", { type: "userpass" })).status).toBe(204);
  expect((await system.ask("GET", "auth")).json).toMatchObject({ "people/": { type: "userpass" } });
  expect((await system.ask("GET", "mounts/auth/people")).status).toBe(400);
  await system.ask("POST", "mounts/kv", { type: "kv-v2" });
  expect((await system.ask("GET", "mounts/kv")).json).toMatchObject({ type: "kv", options: { version: "2" } });
  expect((await system.ask("POST", "remount", { from: "kv", to: "moved" })).status).toBe(200);
  expect(system.server.router.read("moved/")?.type).toBe("kv");
  expect(system.server.router.read("kv/")).toBeUndefined();
  // Whoever may change engines may not so change methods, which asks for sudo.
  expect((await system.ask("DELETE", "mounts/auth/people")).status).toBe(204);
  expect((await system.ask("POST", "mounts/auth/people/tune", { description: "mine" })).status).toBe(400);
  expect(system.server.router.read("auth/people")).toMatchObject({ type: "userpass", description: "" });
  expect(system.revoked).toEqual(["kv/"]);
});

test("what is refused revokes nothing: every token was made under auth/token/", async () => {
  const system = await new SystemFixture().open();
  for (const path of ["kv", "other"]) await system.ask("POST", `mounts/${path}`, { type: "kv" });
  const refused = [
    await system.ask("DELETE", "auth/token"),
    await system.ask("DELETE", "mounts/sys"),
    await system.ask("POST", "remount", { from: "auth/token", to: "auth/other" }),
    await system.ask("POST", "remount", { from: "auth", to: "other" }),
    await system.ask("POST", "remount", { from: "kv", to: "other" }),
    await system.ask("POST", "remount", { from: "kv", to: "sys/kv" }),
  ];
  expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 400]);
  expect(system.revoked).toEqual([]);
  await system.ask("DELETE", "mounts/kv");
  expect(system.revoked).toEqual(["kv/"]);
});

test("the table comes back after a restart and follows the log", async () => {
  const system = await new SystemFixture().open();
  await system.ask("POST", "mounts/kv", { type: "kv", options: { version: "2" } });
  const id = system.server.router.read("kv")?.id ?? "";
  await system.server.open();
  expect(system.server.router.read("kv")?.id).toBe(id);
  const view = system.server.view("mounts/", "replicated");
  await view.commit([view.delete(id)]);
  system.server.router.onEntry([id]);
  expect((await system.server.ask("GET", "/v1/kv/x", { token: "root" })).status).toBe(404);
  expect(system.server.router.read("kv")).toBeUndefined();
});

test("policies in both spellings; base64 is taken", async () => {
  const system = await new SystemFixture().open();
  const text = 'path "a" { capabilities = ["read"] }';
  expect((await system.ask("PUT", "policies/acl/Mine", { policy: text })).status).toBe(204);
  expect(system.policies.get("mine")).toBe(text);
  expect((await system.ask("POST", "policy/other", { rules: Buffer.from(text).toString("base64") })).status).toBe(204);
  expect(system.policies.get("other")).toBe(text);
  expect((await system.ask("GET", "policy/other")).json).toMatchObject({ name: "other", rules: text, policy: text });
  const read = (await system.ask("GET", "policies/acl/MINE")).json;
  expect(read.data).toEqual({ name: "mine", policy: text });
  expect(read).not.toHaveProperty("policy");
  expect((await system.ask("LIST", "policies/acl")).json).toMatchObject({
    data: { keys: ["default", "mine", "other"] },
  });
  expect((await system.ask("GET", "policy")).json).toMatchObject({ policies: ["default", "mine", "other"] });
  expect((await system.ask("GET", "policies/acl/none")).status).toBe(404);
  expect((await system.ask("POST", "policies/acl/empty", {})).status).toBe(400);
  expect((await system.ask("DELETE", "policies/acl/other")).status).toBe(204);
});

test("capabilities-self answers one key for each path, hostile names too", async () => {
  const system = await new SystemFixture().open();
  system.server.tokens.set("poor", tokenFacts(["default"]));
  system.server.allows = (question: AccessQuestion) => question.path === "sys/capabilities-self";
  const body = { paths: ["secret/a", "__proto__", "constructor"] };
  const answer = (await system.ask("POST", "capabilities-self", body, "poor")).json;
  expect(answer.data).toEqual(JSON.parse('{"secret/a":["read"],"__proto__":["deny"],"constructor":["deny"]}'));
  const single = (await system.ask("POST", "capabilities-self", { path: "secret/a" }, "poor")).json;
  expect(single.capabilities).toEqual(["read"]);
  expect((await system.ask("POST", "capabilities-self", {}, "poor")).status).toBe(400);
  expect((await system.ask("POST", "capabilities", { token: "unknown", paths: "a" }, "poor")).status).toBe(403);
});

test("init: numbers and recipient are checked and handed on", async () => {
  const system = await new SystemFixture().open();
  system.change({ initialized: false, sealed: true });
  expect((await system.ask("GET", "init", undefined, "")).json).toEqual({ initialized: false });
  const recipient = Buffer.alloc(32, 7).toString("base64");
  const answer = await system.ask("PUT", "init", { secret_shares: 5, secret_threshold: "3", recipient }, "");
  expect(answer).toMatchObject({ status: 200, json: { root_token: "hvs.root" } });
  expect(system.initialised[0]).toMatchObject({ secretShares: 5, secretThreshold: 3, recipient: Buffer.alloc(32, 7) });
  expect((await system.ask("PUT", "init", { secret_shares: 256 }, "")).status).toBe(400);
  expect((await system.ask("PUT", "init", { recipient: "AAAA" }, "")).status).toBe(400);
  expect((await system.ask("POST", "init/confirm", { proof: "AAAA" }, "")).status).toBe(204);
  expect((await system.ask("POST", "unseal", {}, "")).status).toBe(400);
  expect((await system.ask("POST", "unseal", { key: "aa" }, "")).json).toMatchObject({ sealed: false });
  expect((await system.ask("POST", "seal", undefined, "")).status).toBe(503);
});

test("unwrapping: a wrapping token alone opens only itself", async () => {
  const system = await new SystemFixture().open();
  expect((await system.ask("POST", "wrapping/unwrap", { token: "wrapped" }, "")).status).toBe(403);
  expect((await system.ask("POST", "wrapping/unwrap", undefined, "stranger-wrapped")).json).toEqual({
    data: { from: "stranger-wrapped" },
  });
  expect((await system.ask("POST", "wrapping/unwrap", { token: "wrapped" }, "stranger-junk")).status).toBe(400);
  expect((await system.ask("POST", "wrapping/unwrap", { token: "wrapped" })).json).toEqual({
    data: { from: "wrapped" },
  });
  expect((await system.ask("POST", "wrapping/wrap", { a: 1 })).status).toBe(400);
});

test("leases, audit, keys, tools", async () => {
  const system = await new SystemFixture().open();
  expect((await system.ask("PUT", "leases/renew", { lease_id: "a/b" })).json).toMatchObject({
    lease_id: "a/b",
    lease_duration: 60,
  });
  expect((await system.ask("PUT", "leases/revoke/a/b/c")).status).toBe(204);
  expect((await system.ask("PUT", "leases/revoke-prefix/a/b")).status).toBe(204);
  expect(system.revoked).toEqual(["a/b/c", "a/b"]);
  expect((await system.ask("PUT", "leases/lookup", { lease_id: "x" })).status).toBe(400);
  expect((await system.ask("LIST", "leases/lookup/a/")).json).toMatchObject({ data: { keys: ["a/"] } });
  expect((await system.ask("PUT", "audit/file", { type: "file", options: { file_path: "/x" } })).status).toBe(204);
  expect(system.audit[0]).toMatchObject({ path: "file", options: new Map([["file_path", "/x"]]) });
  expect((await system.ask("GET", "audit")).json).toMatchObject({ "file/": { type: "file", path: "file/" } });
  expect((await system.ask("POST", "audit-hash/file", { input: "abc" })).json).toMatchObject({ hash: "file:3" });
  expect((await system.ask("GET", "key-status")).json).toMatchObject({ term: 2 });
  expect((await system.ask("POST", "rotate")).status).toBe(204);
  const input = Buffer.from("abc").toString("base64");
  expect((await system.ask("POST", "tools/hash", { input })).json).toMatchObject({
    data: { sum: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
  });
  expect((await system.ask("POST", "tools/random/16", { format: "hex" })).json).toMatchObject({
    data: { random_bytes: expect.stringMatching(/^[0-9a-f]{32}$/) },
  });
});

test("every template under sys compiles and has a summary for each operation", () => {
  expect(new Set(systemPaths.map((path) => path.template)).size).toBe(systemPaths.length);
  for (const path of systemPaths) {
    for (const operation of Object.values(path.operations)) expect(operation.summary).not.toBe("");
  }
});

test("a policy's name is folded before policies are asked: another spelling passes by no rule", async () => {
  const system = await new SystemFixture().open();
  for (const [method, path] of [
    ["GET", "policies/acl/Admin"],
    ["POST", "policies/acl/ADMIN"],
    ["DELETE", "policy/aDmin"],
  ] as const) {
    await system.ask(method, path, method === "POST" ? { policy: 'path "a" { capabilities = ["read"] }' } : undefined);
    expect(system.server.questions.at(-1)?.path).toBe(`sys/${path.toLowerCase()}`);
  }
});
