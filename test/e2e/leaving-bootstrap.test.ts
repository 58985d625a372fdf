import { randomBytes } from "node:crypto";
import type { Api } from "../support/api";
import { FaultProxy } from "../support/fault-proxy";
import { eventually, ServerProcess } from "../support/server-process";

/** A cluster fetches its first snapshot from a DR set that is given up meanwhile: its operators get it out again. */
const CEREMONY = "sys/replication/dr/secondary/generate-operation-token";
const DISABLE = "sys/replication/dr/secondary/disable";

interface Cluster {
  readonly server: ServerProcess;
  readonly root: Api;
  readonly rootToken: string;
  readonly share: string;
}

let a: Cluster;
let d: Cluster;
let proxy: FaultProxy;

async function start(name: string): Promise<Cluster> {
  const server = await ServerProcess.start({ name, sealKey: randomBytes(32).toString("base64"), configuration: {} });
  const first = await server.api.must("PUT", "sys/init", { recovery_shares: 1, recovery_threshold: 1 });
  const rootToken = String(first.root_token);
  const root = server.api.with(rootToken);
  await root.must("POST", "sys/mounts/kv", { type: "kv" });
  const [share = ""] = first.recovery_keys_base64 as readonly string[];
  return { server, root, rootToken, share };
}

const status = async () => (await d.server.api.get("sys/replication/dr/status")).body.data;

/** Begins what cannot end: the set is given up in the middle of the snapshot. */
async function strand(): Promise<void> {
  await proxy.set({ bytesPerSecond: 100_000 });
  await a.root.must("POST", "sys/replication/dr/primary/enable", { primary_cluster_addr: proxy.address });
  const wrap = await a.root.must("POST", "sys/replication/dr/primary/secondary-token", { id: "d" });
  const body = { token: String(wrap.wrap_info?.token), primary_api_addr: a.server.api.address };
  await d.root.must("POST", "sys/replication/dr/secondary/enable", body);
  expect((await status())?.mode).toBe("bootstrapping");
  await a.root.must("POST", "sys/replication/dr/primary/disable");
  await proxy.clear();
  await eventually("it says why", async () => (await status())?.reason !== undefined);
}

async function expectServes(): Promise<void> {
  expect(await status()).toEqual({ mode: "disabled" });
  expect((await d.root.must("GET", "kv/own")).data).toEqual({ of: "d" });
  await d.root.must("POST", "kv/later", { of: "d" });
  await d.root.must("POST", "auth/token/create");
}

beforeAll(async () => {
  [a, d] = await Promise.all([start("a"), start("d")]);
  proxy = await FaultProxy.open({ targetPort: a.server.port + 1, seed: 1 });
  for (let n = 0; n < 20; n += 1) {
    await a.root.must("POST", `kv/k${n}`, { value: randomBytes(50_000).toString("base64") });
  }
  await d.root.must("POST", "kv/own", { of: "d" });
}, 60_000);

afterAll(async () => {
  await proxy?.close();
  for (const cluster of [a, d]) await cluster?.server.destroy();
});

it("with a token that the cluster has already", async () => {
  await strand();
  expect((await d.root.post("auth/token/create")).status).toBe(503);
  expect((await d.root.post(DISABLE)).status).toBe(400);
  const stranger = await d.server.api.post(DISABLE, { dr_operation_token: a.rootToken });
  expect(stranger.status).toBe(403);
  const promote = await d.server.api.post("sys/replication/dr/secondary/promote", { dr_operation_token: d.rootToken });
  expect(promote.body.errors?.[0]).toContain(DISABLE);
  const { warnings } = await d.server.api.must("POST", DISABLE, { dr_operation_token: d.rootToken });
  expect(warnings).toHaveLength(1);
  await expectServes();
}, 60_000);

it("with one that its own share holders make, after a restart too", async () => {
  await strand();
  await d.server.stop("SIGKILL");
  await d.server.boot();
  await eventually("it goes on trying", async () => (await status())?.mode === "bootstrapping");
  const begun = (await d.root.must("POST", `${CEREMONY}/attempt`)) as Record<string, unknown>;
  const given = { key: d.share, nonce: begun.nonce };
  const done = (await d.root.must("POST", `${CEREMONY}/update`, given)) as Record<string, unknown>;
  const pad = Buffer.from(String(begun.otp));
  const hidden = Buffer.from(String(done.encoded_token), "base64");
  const dr_operation_token = Buffer.from(hidden.map((byte, at) => byte ^ (pad[at] ?? 0))).toString();
  await d.server.api.must("POST", DISABLE, { dr_operation_token });
  await expectServes();
}, 60_000);
