import { randomBytes } from "node:crypto";
import type { Api } from "../support/api";
import { heldCeremony } from "../support/ceremony";
import { eventually, ServerProcess } from "../support/server-process";

/** Whose shares open a secondary, for each pair of seals, on real servers. */
type Seal = "shamir" | "static";

const servers: ServerProcess[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.destroy();
});

interface Cluster {
  readonly server: ServerProcess;
  readonly shares: readonly string[];
  readonly root: Api;
}

async function start(name: string, seal: Seal, shares: number, threshold: number): Promise<Cluster> {
  const key = seal === "static" ? { sealKey: randomBytes(32).toString("base64") } : {};
  const server = await ServerProcess.start({ name, ...key });
  servers.push(server);
  const numbers =
    seal === "static"
      ? { recovery_shares: shares, recovery_threshold: threshold }
      : { secret_shares: shares, secret_threshold: threshold };
  const made = await server.api.must("PUT", "sys/init", numbers);
  const given = (seal === "static" ? made.recovery_keys_base64 : made.keys_base64) as readonly string[];
  if (seal === "shamir") await server.unseal(given.slice(0, threshold));
  return { server, shares: given, root: server.api.with(String(made.root_token)) };
}

async function follow(primary: Cluster, secondary: Cluster, mode: string): Promise<void> {
  await primary.root.must("POST", `sys/replication/${mode}/primary/enable`);
  const wrap = await primary.root.must("POST", `sys/replication/${mode}/primary/secondary-token`, { id: "s" });
  const body = { token: wrap.wrap_info?.token };
  await secondary.root.must("POST", `sys/replication/${mode}/secondary/enable`, body);
  await streams(secondary.server, mode);
}

async function streams(server: ServerProcess, mode: string): Promise<void> {
  await eventually("the secondary streams", async () => {
    const status = await server.api.get(`sys/replication/${mode}/status`);
    return status.body.data?.state === "stream-wals";
  });
}

const PAIRS = [
  ["shamir", "shamir"],
  ["shamir", "static"],
  ["static", "static"],
  ["static", "shamir"],
] as const;
const ROWS = (["performance", "dr"] as const).flatMap((mode) => PAIRS.map((pair) => [mode, ...pair] as const));

test.each(ROWS)(
  "%s: a primary with the seal %s, a secondary with %s",
  async (mode, ofPrimary, ofSecondary) => {
    const primary = await start("p", ofPrimary, 5, 3);
    const secondary = await start("s", ofSecondary, 3, 2);
    const { server } = secondary;
    await follow(primary, secondary, mode);
    const isAuto = ofSecondary === "static";
    expect((await server.api.get("sys/seal-status")).body).toMatchObject({
      type: ofSecondary,
      sealed: false,
      t: 3,
      n: 5,
      recovery_seal: isAuto,
    });
    expect((await secondary.root.get("auth/token/lookup-self")).status).toBe(403);
    await server.stop("SIGTERM");
    await server.boot();
    if (!isAuto) {
      await server.api.send("PUT", "sys/unseal", { key: secondary.shares[0] });
      await server.api.send("PUT", "sys/unseal", { key: secondary.shares[1] });
      expect((await server.api.get("sys/seal-status")).body).toMatchObject({ sealed: true, progress: 2 });
      await server.api.must("PUT", "sys/unseal", { reset: true });
      await server.unseal(primary.shares.slice(0, 3));
    }
    await streams(server, mode);
    await sharesCount(mode, primary, server);
  },
  30_000,
);

/** The primary's shares count on the secondary, whatever seals it. */
async function sharesCount(mode: "performance" | "dr", primary: Cluster, server: ServerProcess): Promise<void> {
  const shares = primary.shares.slice(1, 4);
  if (mode === "dr") {
    const operator = server.api.with(primary.root.token ?? "");
    const { token } = await heldCeremony(operator, "sys/replication/dr/secondary/generate-operation-token", shares);
    await server.api.must("POST", "sys/replication/dr/secondary/recover", { dr_operation_token: token });
    return;
  }
  const { token } = await heldCeremony(await login(primary, server), "sys/generate-root", shares);
  expect((await server.api.with(token).must("GET", "auth/token/lookup-self")).data?.policies).toEqual(["root"]);
}

/** An operator of the set, on its performance secondary. */
async function login(primary: Cluster, server: ServerProcess): Promise<Api> {
  const policy = 'path "sys/generate-root/*" { capabilities = ["read", "update"] }';
  await primary.root.must("PUT", "sys/policies/acl/holder", { policy });
  await primary.root.must("POST", "sys/auth/userpass", { type: "userpass" });
  await primary.root.must("POST", "auth/userpass/users/op", { password: "pw", token_policies: "holder" });
  return await eventually("a login on the secondary", async () => {
    const answer = await server.api.post("auth/userpass/login/op", { password: "pw" });
    return answer.status === 200 && server.api.with(String(answer.body.auth?.client_token));
  });
}
