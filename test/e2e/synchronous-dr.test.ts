import { randomBytes, randomInt } from "node:crypto";
import type { Api } from "../support/api";
import { eventually, ServerProcess } from "../support/server-process";

const ROUNDS = 3;
const WRITERS = 6;

interface Pair {
  readonly a: ServerProcess;
  readonly d: ServerProcess;
  readonly root: Api;
  /** A batch token that may promote `d`. */
  readonly operator: string;
}

const started: ServerProcess[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.destroy();
});

async function pair(): Promise<Pair> {
  const start = async (name: string): Promise<ServerProcess> => {
    const sealKey = randomBytes(32).toString("base64");
    const configuration = { replication: { sync_dr: "block", sync_dr_timeout: "2s" } };
    const server = await ServerProcess.start({ name, sealKey, configuration });
    started.push(server);
    return server;
  };
  const [a, d] = await Promise.all([start("a"), start("d")]);
  const [onA, onD] = await Promise.all([a.initialize(), d.initialize()]);
  const root = a.api.with(onA.rootToken);
  await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await root.must("PUT", "sys/policies/acl/app", { policy: 'path "secret/*" { capabilities = ["read", "update"] }' });
  await root.must("PUT", "sys/policies/acl/dr-operator", {
    policy: 'path "sys/replication/dr/secondary/*" { capabilities = ["read", "update"] }',
  });
  const batch = { token_type: "batch", orphan: true, renewable: false, allowed_policies: "dr-operator" };
  await root.must("POST", "auth/token/roles/dr-operator", batch);
  const made = await root.must("POST", "auth/token/create/dr-operator", { policies: ["dr-operator"], ttl: "1h" });
  await root.must("POST", "sys/replication/dr/primary/enable", { primary_cluster_addr: a.clusterAddress });
  const wrapped = await root.must("POST", "sys/replication/dr/primary/secondary-token", { id: "d" });
  await d.api.with(onD.rootToken).must("POST", "sys/replication/dr/secondary/enable", {
    token: String(wrapped.wrap_info?.token),
    primary_api_addr: a.api.address,
  });
  await eventually("a waits for d", async () => {
    const status = await a.api.get("sys/replication/dr/status");
    return status.body.data?.sync_dr_state === "synchronous";
  });
  return { a, d, root, operator: String(made.auth?.client_token) };
}

async function promote({ d, operator }: Pair): Promise<void> {
  await eventually("d is promoted", async () => {
    const answer = await d.api.post("sys/replication/dr/secondary/promote", {
      dr_operation_token: operator,
      primary_cluster_addr: d.clusterAddress,
      force: true,
    });
    return answer.status === 200;
  });
  await eventually("d serves", async () => (await d.api.get("sys/health")).status === 200);
}

test("nothing that was acknowledged is lost when the primary is killed and its DR secondary promoted", async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const both = await pair();
    const { a, d, root } = both;
    const keys: string[] = [];
    const tokens: string[] = [];
    const spent: string[] = [];
    let killed = false;
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      for (let n = 0; !killed; n += 1) {
        try {
          const key = `w${writer}-${n}`;
          await root.must("POST", `secret/data/${key}`, { data: { v: key } });
          keys.push(key);
          const made = await root.must("POST", "auth/token/create", { policies: ["app"] });
          tokens.push(String(made.auth?.client_token));
          const once = await root.must("POST", "auth/token/create", { policies: ["app"], num_uses: 1 });
          const limited = String(once.auth?.client_token);
          await a.api.with(limited).must("GET", `secret/data/${key}`);
          spent.push(limited);
        } catch {
          return;
        }
      }
    });
    await eventually("writes are acknowledged", async () => keys.length >= 20);
    const pauseMilliseconds = randomInt(400);
    await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
    await a.stop("SIGKILL");
    killed = true;
    await Promise.all(writers);
    await promote(both);
    const onD = d.api.with(root.token ?? "");
    const about = `round ${round}, killed after ${pauseMilliseconds} ms`;
    for (const key of keys) {
      const data = (await onD.get(`secret/data/${key}`)).body.data?.data as { v?: string } | undefined;
      expect([about, data?.v]).toEqual([about, key]);
    }
    const read = async (token: string): Promise<number> =>
      (await d.api.with(token).get(`secret/data/${keys[0]}`)).status;
    for (const token of tokens) expect([about, await read(token)]).toEqual([about, 200]);
    for (const token of spent) expect([about, await read(token)]).toEqual([about, 403]);
    // Promoted over a lost primary it has nobody to wait for yet, and is not stopped by that.
    await onD.must("POST", "secret/data/after", { data: { v: "after" } });
  }
}, 120_000);
