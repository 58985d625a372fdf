import type { JsonObject } from "../../../sdk/json";
import type { Outcome } from "../../../sdk/outcome";
import { openMount } from "../../../sdk/testing/call-path";
import { ManualClock } from "../../../sdk/testing/manual-clock";
import { MemoryBarrier } from "../../../sdk/testing/memory-view";
import { mountContext, type TestMountContext } from "../../../sdk/testing/mount-context";
import { seededRandom } from "../../../sdk/testing/seeded-random";
import { approle } from "./index";

type Mounted = ReturnType<typeof openMount>;

/** A primary, and performance secondaries that share its storage and call it: as replication does, without the delay. */
function cluster(options: { primary?: TestMountContext; seed?: number } = {}) {
  const { primary } = options;
  const barrier = primary?.barrier ?? new MemoryBarrier();
  const target: { context: TestMountContext | undefined } = { context: primary };
  const context = mountContext({
    mountPath: "auth/approle/",
    barrier,
    clock: primary?.clock ?? new ManualClock(),
    random: seededRandom(options.seed ?? 1),
    replicationState: { performance: primary === undefined ? "primary" : "secondary", dr: "disabled" },
    callPrimary: (name, payload) => runPrimary(target.context, name, payload),
  });
  target.context ??= context;
  return { context, call: openMount(approle, context) };
}

/** One opened context for all calls, as a running primary has. */
const opened = new WeakMap<TestMountContext, ReturnType<NonNullable<typeof approle.open>>>();
function runPrimary(context: TestMountContext | undefined, name: string, payload: JsonObject): Promise<JsonObject> {
  const run = approle.primaryCalls?.[name];
  if (context === undefined || run === undefined || approle.open === undefined) throw new Error(`no call ${name}`);
  const own = opened.get(context) ?? approle.open(context);
  opened.set(context, own);
  return run(own, payload);
}

function dataOf(outcome: Outcome): ReadonlyMap<string, unknown> {
  if (outcome.kind !== "data" || outcome.data === null) throw new Error(`no data: ${outcome.kind}`);
  return outcome.data instanceof Map ? outcome.data : new Map(Object.entries(outcome.data));
}

async function roleIdOf(call: Mounted, role: string): Promise<string> {
  return String(dataOf(await call("read", `role/${role}/role-id`)).get("role_id"));
}

async function secretIdOf(call: Mounted, role: string, body: Record<string, string | number> = {}): Promise<string> {
  return String(dataOf(await call("write", `role/${role}/secret-id`, { body })).get("secret_id"));
}

function login(call: Mounted, role_id: string, secret_id: string, remoteAddress = "10.0.0.1"): Promise<Outcome> {
  return call("write", "login", { body: { role_id, secret_id }, token: null, remoteAddress });
}

const WRONG = "invalid role or secret ID";

test("a login with role id and secret id; the secret id's text is stored nowhere", async () => {
  const { call, context } = cluster();
  await call("write", "role/App", { body: { token_policies: "a", token_ttl: "5m", period: 0 } });
  const roleId = await roleIdOf(call, "App");
  const secretId = await secretIdOf(call, "App", { metadata: '{"host":"h1"}' });
  expect(await login(call, roleId, secretId)).toMatchObject({
    kind: "login",
    grant: {
      policies: ["a"],
      ttlSeconds: 300,
      aliasName: roleId,
      metadata: new Map([
        ["host", "h1"],
        ["role_name", "App"],
      ]),
    },
  });
  for (const [key, { value }] of context.barrier.pairs) expect(key + value.toString("latin1")).not.toContain(secretId);
  for (const [one, two] of [
    ["x", secretId],
    [roleId, "x"],
    [roleId, ""],
  ] as const) {
    await expect(login(call, one, two)).rejects.toMatchObject({ status: 400, publicText: WRONG });
  }
});

test("uses are counted once for the whole set: two clusters at once get exactly as many as there are", async () => {
  const primary = cluster();
  const secondary = cluster({ primary: primary.context, seed: 2 });
  await primary.call("write", "role/app", { body: { secret_id_num_uses: 5 } });
  const roleId = await roleIdOf(secondary.call, "app");
  const secretId = await secretIdOf(secondary.call, "app");
  const tries = Array.from({ length: 40 }, (_one, index) =>
    login(index % 2 === 0 ? primary.call : secondary.call, roleId, secretId),
  );
  const results = await Promise.allSettled(tries);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
  await expect(login(primary.call, roleId, secretId)).rejects.toThrow(WRONG);
});

test("local secret ids stay in their cluster", async () => {
  const { call, context } = cluster();
  await call("write", "role/app", { body: { local_secret_ids: true, secret_id_num_uses: 1 } });
  const secretId = await secretIdOf(call, "app");
  const keys = [...context.barrier.pairs.keys()].filter((key) => key.includes("/secret-id/"));
  expect(keys.map((key) => key.split("/")[0])).toEqual(["local"]);
  const roleId = await roleIdOf(call, "app");
  await login(call, roleId, secretId);
  await expect(login(call, roleId, secretId)).rejects.toThrow(WRONG);
  await expect(call("write", "role/app", { body: { local_secret_ids: false } })).rejects.toThrow(
    "only be modified during role creation",
  );
});

test("secret ids expire, are looked up, listed and destroyed, by accessor too", async () => {
  const { call, context } = cluster();
  await call("write", "role/app", { body: { secret_id_ttl: 60 } });
  const roleId = await roleIdOf(call, "app");
  const made = dataOf(await call("write", "role/app/secret-id", { body: { ttl: 30, num_uses: 2 } }));
  expect(made).toEqual(
    new Map<string, unknown>([
      ["secret_id", expect.any(String)],
      ["secret_id_accessor", expect.any(String)],
      ["secret_id_num_uses", 2],
      ["secret_id_ttl", 30],
    ]),
  );
  const secret_id = String(made.get("secret_id"));
  const secret_id_accessor = String(made.get("secret_id_accessor"));
  await login(call, roleId, secret_id);
  const looked = dataOf(await call("write", "role/app/secret-id/lookup", { body: { secret_id } }));
  expect([looked.get("secret_id_num_uses"), looked.get("secret_id_accessor")]).toEqual([1, secret_id_accessor]);
  expect(await call("write", "role/app/secret-id-accessor/lookup", { body: { secret_id_accessor } })).toMatchObject({
    kind: "data",
  });
  expect(await call("list", "role/app/secret-id")).toEqual({ kind: "list", keys: [secret_id_accessor] });
  context.clock.advance(30_000);
  await expect(login(call, roleId, secret_id)).rejects.toThrow(WRONG);
  expect(await call("write", "role/app/secret-id/lookup", { body: { secret_id } })).toMatchObject({ kind: "empty" });
  const second = dataOf(await call("write", "role/app/custom-secret-id", { body: { secret_id: "chosen" } }));
  await expect(call("write", "role/app/custom-secret-id", { body: { secret_id: "chosen" } })).rejects.toThrow("in use");
  await call("write", "role/app/secret-id-accessor/destroy", {
    body: { secret_id_accessor: String(second.get("secret_id_accessor")) },
  });
  await expect(login(call, roleId, "chosen")).rejects.toThrow(WRONG);
  await expect(call("write", "role/app/secret-id", { body: { ttl: 61 } })).rejects.toThrow("more than the role's");
  await expect(call("write", "role/app/secret-id", { body: { ttl: 0 } })).rejects.toThrow("more than the role's");
  await expect(call("write", "role/app/secret-id", { body: { metadata: "nonsense" } })).rejects.toThrow(
    "metadata is an object",
  );
});

test("tidy removes what expired and what a role left", async () => {
  const { call, context } = cluster();
  await call("write", "role/app", { body: {} });
  await secretIdOf(call, "app", { ttl: 10 });
  await secretIdOf(call, "app");
  context.clock.advance(10_000);
  const own = approle.open?.(context);
  if (own === undefined || approle.tidy === undefined) throw new Error("approle tidies");
  await approle.tidy(own, new AbortController().signal);
  const left = (): number => [...context.barrier.pairs.keys()].filter((key) => /secret-id|accessor/.test(key)).length;
  expect(left()).toBe(2);
  await call("delete", "role/app");
  expect([left(), await call("read", "role/app")]).toEqual([0, { kind: "not_found" }]);
  expect([...context.barrier.pairs.keys()].map((key) => key.split("/").at(-1))).toEqual(["salt"]);
});

test("addresses of logins and of tokens", async () => {
  const { call } = cluster();
  await call("write", "role/app", { body: { secret_id_bound_cidrs: "10.0.0.0/8" } });
  const roleId = await roleIdOf(call, "app");
  const secretId = await secretIdOf(call, "app", { cidr_list: "10.1.0.0/16", token_bound_cidrs: "10.1.1.0/24" });
  await expect(login(call, roleId, secretId, "10.2.0.1")).rejects.toThrow(WRONG);
  expect(await login(call, roleId, secretId, "10.1.0.1")).toMatchObject({ grant: { boundCidrs: ["10.1.1.0/24"] } });
  await expect(call("write", "role/open", { body: { bind_secret_id: false } })).rejects.toThrow(
    "at least one constraint",
  );
  await call("write", "role/net", { body: { bind_secret_id: false, token_bound_cidrs: "10.0.0.0/8" } });
  expect(await login(call, await roleIdOf(call, "net"), "")).toMatchObject({ kind: "login" });
  await expect(login(call, await roleIdOf(call, "net"), "", "11.0.0.1")).rejects.toThrow(WRONG);
});

test("a role answers to its own spelling only, and a role id belongs to one role", async () => {
  const { call } = cluster();
  await call("write", "role/App", { body: { role_id: "r1" } });
  await expect(call("read", "role/app")).rejects.toThrow("differs in case only");
  await expect(call("write", "role/APP", { body: {} })).rejects.toThrow("differs in case only");
  await expect(call("write", "role/other", { body: { role_id: "r1" } })).rejects.toThrow("in use by another role");
  await call("write", "role/App/role-id", { body: { role_id: "r2" } });
  await call("write", "role/other", { body: { role_id: "r1" } });
  expect(await call("list", "role")).toEqual({ kind: "list", keys: ["App", "other"] });
  expect(await roleIdOf(call, "App")).toBe("r2");
});

test("five wrong secret ids lock a role for 15 minutes", async () => {
  const { call, context } = cluster();
  await call("write", "role/app", { body: {} });
  const roleId = await roleIdOf(call, "app");
  const secretId = await secretIdOf(call, "app");
  for (let index = 0; index < 5; index++) await expect(login(call, roleId, "x")).rejects.toThrow(WRONG);
  await expect(login(call, roleId, secretId)).rejects.toMatchObject({ status: 403 });
  context.clock.advance(15 * 60_000);
  expect(await login(call, roleId, secretId)).toMatchObject({ kind: "login" });
});

test("renewal: the role must be there under the same role id", async () => {
  const { call, context } = cluster();
  await call("write", "role/app", { body: { role_id: "r1", token_ttl: 60, token_period: 0 } });
  const own = approle.open?.(context);
  if (own === undefined || approle.renew === undefined) throw new Error("approle renews");
  const data = new Map([
    ["role_key", "app"],
    ["role_id", "r1"],
  ]);
  expect(await approle.renew(own, data)).toMatchObject({ ttlSeconds: 60 });
  await call("write", "role/app/role-id", { body: { role_id: "r2" } });
  await expect(approle.renew(own, data)).rejects.toMatchObject({ status: 403 });
});
