import { randomBytes } from "node:crypto";
import type { Api } from "../support/api";
import { heldCeremony } from "../support/ceremony";
import { eventually, ServerProcess } from "../support/server-process";

/** The primary is gone, nobody made a token in advance: the holders of its recovery shares promote the DR secondary. */
const CEREMONY = "sys/replication/dr/secondary/generate-operation-token";

let a: ServerProcess;
let d: ServerProcess;
let shares: readonly string[];
let rootToken: string;

beforeAll(async () => {
  const start = (name: string, configuration: Record<string, unknown>) =>
    ServerProcess.start({ name, sealKey: randomBytes(32).toString("base64"), configuration });
  [a, d] = await Promise.all([
    start("a", {}),
    start("d", { enable_unauthenticated_access: ["generate-operation-token"] }),
  ]);
  const first = await a.api.must("PUT", "sys/init", { recovery_shares: 2, recovery_threshold: 2 });
  shares = first.recovery_keys_base64 as readonly string[];
  rootToken = String(first.root_token);
  const root: Api = a.api.with(rootToken);
  await root.must("POST", "sys/replication/dr/primary/enable", { primary_cluster_addr: a.clusterAddress });
  const wrap = await root.must("POST", "sys/replication/dr/primary/secondary-token", { id: "d" });
  const body = { token: String(wrap.wrap_info?.token), primary_api_addr: a.api.address };
  await d.api.with((await d.initialize()).rootToken).must("POST", "sys/replication/dr/secondary/enable", body);
  await eventually("d streams", async () => {
    return (await d.api.get("sys/replication/dr/status")).body.data?.state === "stream-wals";
  });
}, 60_000);

afterAll(async () => {
  for (const server of [a, d]) await server?.destroy();
});

it("is shut where the option is not set, and of no use on a primary", async () => {
  for (const method of ["GET", "POST", "DELETE"])
    expect((await a.api.send(method, `${CEREMONY}/attempt`, method === "POST" ? {} : undefined)).status).toBe(403);
});

it("opens the ceremony, and nothing but the ceremony", async () => {
  expect((await d.api.get(`${CEREMONY}/attempt`)).body).toMatchObject({ started: false, required: 2 });
  for (const call of ["promote", "disable", "recover", "operation-token/delete"])
    expect((await d.api.post(`sys/replication/dr/secondary/${call}`)).status).toBe(400);
  // Open everywhere, option or not: how many shares have come, and nothing else.
  const progress = await d.api.must("GET", "sys/replication/dr/secondary/promote");
  expect(progress.data).toEqual({ progress: 0, required: 2, complete: false });
  expect((await d.api.get("sys/ha-status")).status).toBe(403);
});

it("takes no wrong shares", async () => {
  const begun = (await d.api.must("POST", `${CEREMONY}/attempt`)) as Record<string, unknown>;
  const give = (key: string) => d.api.post(`${CEREMONY}/update`, { key, nonce: begun.nonce });
  await give(randomBytes(33).toString("base64"));
  expect((await give(shares[0] ?? "")).status).toBe(400);
  expect((await d.api.get(`${CEREMONY}/attempt`)).body).toMatchObject({ started: false });
});

it("shows strangers no nonce, and lets nobody without it end what the share holders began", async () => {
  const begun = (await d.api.must("POST", `${CEREMONY}/attempt`)) as Record<string, unknown>;
  expect(begun.nonce).not.toBe("");
  expect((await d.api.get(`${CEREMONY}/attempt`)).body).toMatchObject({ started: true, nonce: "" });
  for (const path of ["attempt", `attempt?nonce=${String(begun.nonce).replace(/^./, "x")}`])
    expect((await d.api.delete(`${CEREMONY}/${path}`)).status).toBe(400);
  expect((await d.api.get(`${CEREMONY}/attempt`)).body).toMatchObject({ started: true });
  expect((await d.api.delete(`${CEREMONY}/attempt?nonce=${begun.nonce}`)).status).toBe(204);
  expect((await d.api.get(`${CEREMONY}/attempt`)).body).toMatchObject({ started: false });
});

it("lets the share holders promote without any token, once the primary is gone", async () => {
  await a.stop("SIGKILL");
  const { token: dr_operation_token } = await heldCeremony(d.api, CEREMONY, shares);
  const left = (await d.api.must("POST", `${CEREMONY}/attempt`)) as Record<string, unknown>;
  await d.api.must("POST", `${CEREMONY}/update`, { key: shares[0], nonce: left.nonce });
  await d.api.must("POST", "sys/replication/dr/secondary/promote", { dr_operation_token, force: true });
  await eventually("d serves", async () => (await d.api.get("sys/health")).status === 200);
  // What somebody began meanwhile ended with the role, and no share of it is kept.
  expect((await d.api.get(`${CEREMONY}/attempt`)).body).toMatchObject({ started: false, progress: 0 });
  expect((await d.api.with(rootToken).get("auth/token/lookup-self")).status).toBe(200);
}, 30_000);
