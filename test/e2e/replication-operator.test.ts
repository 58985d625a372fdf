import { randomBytes } from "node:crypto";
import type { Api, ApiBody } from "../support/api";
import { uncovered } from "../support/ceremony";
import { eventually, ServerProcess } from "../support/server-process";

/** What an operator meets on a DR secondary: a primary and its DR secondary as real processes. */
let a: ServerProcess;
let b: ServerProcess;
let root: Api;
/** The primary's recovery shares, which count on the secondary too. */
let shares: readonly string[];

const GUARDED = ["promote", "disable", "update-primary", "recover", "merkle-check", "reindex"] as const;

async function operationToken(policy: string, ttl = "1h"): Promise<string> {
  const body = await root.must("POST", "auth/token/create/dr-operator", { policies: [policy], ttl });
  return String(body.auth?.client_token);
}

function onSecondary(call: string, token: string | undefined) {
  const body = { ...(token === undefined ? {} : { dr_operation_token: token }), token: "x", primary_api_addr: "" };
  return b.api.post(`sys/replication/dr/secondary/${call}`, body);
}

async function status(server: ServerProcess): Promise<Record<string, unknown>> {
  return (await server.api.get("sys/replication/dr/status")).body.data ?? {};
}

beforeAll(async () => {
  const start = (name: string) => ServerProcess.start({ name, sealKey: randomBytes(32).toString("base64") });
  [a, b] = await Promise.all([start("a"), start("b")]);
  const first = await a.api.must("PUT", "sys/init", { recovery_shares: 3, recovery_threshold: 2 });
  const second = await b.initialize();
  root = a.api.with(String(first.root_token));
  shares = first.recovery_keys_base64 as readonly string[];
  await root.must("PUT", "sys/policies/acl/dr-operator", {
    policy: 'path "sys/replication/dr/secondary/*" { capabilities = ["read", "update", "delete"] }',
  });
  await root.must("PUT", "sys/policies/acl/only-promote", {
    policy: 'path "sys/replication/dr/secondary/promote" { capabilities = ["update"] }',
  });
  await root.must("PUT", "sys/policies/acl/merkle", {
    policy: 'path "sys/replication/reindex" { capabilities = ["update"] }',
  });
  await root.must("POST", "auth/token/roles/dr-operator", {
    token_type: "batch",
    orphan: true,
    renewable: false,
    allowed_policies: "dr-operator,only-promote",
  });
  await root.must("POST", "sys/replication/dr/primary/enable", { primary_cluster_addr: a.clusterAddress });
  const wrap = await root.must("POST", "sys/replication/dr/primary/secondary-token", { id: "b" });
  await b.api.with(second.rootToken).must("POST", "sys/replication/dr/secondary/enable", {
    token: String(wrap.wrap_info?.token),
    primary_api_addr: a.api.address,
  });
  await eventually("b streams", async () => (await status(b)).state === "stream-wals", 30_000);
}, 60_000);

afterAll(async () => {
  for (const server of [a, b]) await server?.destroy();
});

it.each(GUARDED)("%s on a DR secondary is refused without a valid operation token", async (call) => {
  const isError = (answer: { readonly status: number; readonly body: ApiBody }, expected: number): void => {
    expect(answer.status).toBe(expected);
    expect(answer.body.errors).toHaveLength(1);
  };
  isError(await onSecondary(call, undefined), 400);
  isError(await onSecondary(call, "hvb.invented"), 403);
  isError(await onSecondary(call, `${await operationToken("dr-operator")}x`), 403);
  if (call !== "promote") isError(await onSecondary(call, await operationToken("only-promote")), 403);
  const short = await operationToken("dr-operator", "1s");
  await new Promise((settle) => setTimeout(settle, 1_200));
  isError(await onSecondary(call, short), 403);
  expect(await status(b)).toMatchObject({ mode: "secondary", state: "stream-wals" });
});

it("a token in the header opens none of it", async () => {
  const answer = await b.api.with(root.token ?? "").post("sys/replication/dr/secondary/disable");
  expect(answer.status).toBe(400);
  expect(await status(b)).toMatchObject({ mode: "secondary" });
});

it("merkle-check and reindex answer as documented on both sides", async () => {
  const token = await operationToken("dr-operator");
  for (const answer of [await root.post("sys/replication/merkle-check"), await onSecondary("merkle-check", token)]) {
    expect(answer.status).toBe(200);
    expect(answer.body.data?.merkle_corruption_report).toMatchObject({
      corrupted_root: false,
      corrupted_tree_map: { "1": { tree_type: "replicated" }, "2": { tree_type: "local" } },
    });
  }
  const created = await root.must("POST", "auth/token/create", { policies: ["merkle"] });
  const ordinary = a.api.with(String(created.auth?.client_token));
  expect((await ordinary.post("sys/replication/reindex")).status).toBe(403);
  for (const answer of [
    await root.post("sys/replication/reindex", { diff: true }),
    await onSecondary("reindex", token),
  ]) {
    expect(answer.status).toBe(200);
    expect(answer.body.warnings?.[0]).toContain("0 of its leaves were wrong");
  }
  for (const server of [a, b]) {
    const { last_reindex_epoch, last_corruption_check_epoch } = await status(server);
    for (const epoch of [last_reindex_epoch, last_corruption_check_epoch]) {
      expect(typeof epoch).toBe("string");
      expect(Number(epoch)).toBeGreaterThan(1_700_000_000);
    }
  }
  await eventually("the roots are equal", async () => (await status(a)).merkle_root === (await status(b)).merkle_root);
});

it("health on the secondary tells round trip, clock skew and lag as numbers", async () => {
  const health = await eventually("a heartbeat", async () => {
    const answer = await b.api.get("sys/health");
    return Number(answer.body.replication_primary_canary_age_ms) > 0 && answer;
  });
  expect(health.status).toBe(472);
  for (const name of ["echo_duration_ms", "clock_skew_ms", "replication_primary_canary_age_ms"]) {
    expect(typeof health.body[name]).toBe("number");
  }
  expect((await a.api.get("sys/health")).body.replication_primary_canary_age_ms).toBe(0);
});

it("share holders make an operation token on the secondary itself, and it can be revoked", async () => {
  const path = "sys/replication/dr/secondary/generate-operation-token";
  expect((await b.api.get(`${path}/attempt`)).status).toBe(403);
  const operator = b.api.with(await operationToken("dr-operator"));
  expect((await operator.get(`${path}/attempt`)).body).toMatchObject({ started: false, required: 2, complete: false });
  const begun = (await operator.must("POST", `${path}/attempt`)) as Record<string, unknown>;
  const otp = Buffer.from(String(begun.otp));
  expect(otp).toHaveLength(Number(begun.otp_length));
  expect((await operator.post(`${path}/attempt`)).status).toBe(400);
  expect((await operator.get(`${path}/attempt`)).body).toMatchObject({ started: true, otp: "", nonce: begun.nonce });
  const give = (key: string, nonce: unknown) => operator.post(`${path}/update`, { key, nonce });
  expect((await give(shares[0] ?? "", "another")).status).toBe(400);
  expect((await give(shares[0] ?? "", begun.nonce)).body).toMatchObject({ progress: 1, complete: false });
  expect((await give(shares[0] ?? "", begun.nonce)).body).toMatchObject({ progress: 1, complete: false });
  expect((await give(randomBytes(33).toString("base64"), begun.nonce)).status).toBe(400);
  expect((await operator.get(`${path}/attempt`)).body.started).toBe(false);
  const again = (await operator.must("POST", `${path}/attempt`)) as Record<string, unknown>;
  await give(shares[2] ?? "", again.nonce);
  const done = await give(shares[1] ?? "", again.nonce);
  expect(done.body).toMatchObject({ complete: true, started: true, progress: 2, required: 2 });
  const token = uncovered(done.body.encoded_token, again.otp);
  expect((await onSecondary("recover", token)).status).toBe(200);
  const remove = () => b.api.post("sys/replication/dr/secondary/operation-token/delete", { dr_operation_token: token });
  expect((await remove()).status).toBe(204);
  expect((await remove()).status).toBe(403);
  expect((await onSecondary("recover", token)).status).toBe(403);
});

it("a primary that is not fenced has no fence to override, and disabling ends the set", async () => {
  expect((await root.post("sys/replication/dr/primary/override-fence")).status).toBe(400);
  const disabled = await root.must("POST", "sys/replication/dr/primary/disable");
  expect(disabled.warnings).toHaveLength(1);
  expect(await status(a)).toEqual({ mode: "disabled" });
  await eventually("b is cut off", async () => (await status(b)).connection_state === "transient_failure");
  const token = await operationToken("dr-operator");
  expect((await onSecondary("disable", token)).status).toBe(200);
  expect(await status(b)).toEqual({ mode: "disabled" });
  expect((await b.api.get("sys/health")).status).toBe(200);
  expect((await b.api.with(root.token ?? "").get("sys/policies/acl/dr-operator")).status).toBe(200);
});
