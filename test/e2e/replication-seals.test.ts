import { randomBytes } from "node:crypto";
import type { Api } from "../support/api";
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
    if (mode === "dr") await makesOperationToken(primary, server);
  },
  30_000,
);

/** The primary's shares count on the secondary, whatever seals it. */
async function makesOperationToken(primary: Cluster, server: ServerProcess): Promise<void> {
  const operator = server.api.with(primary.root.token ?? "");
  const path = "sys/replication/dr/secondary/generate-operation-token";
  const begun = (await operator.must("PUT", `${path}/attempt`)) as Record<string, unknown>;
  expect(begun.required).toBe(3);
  const answers = [];
  for (const key of primary.shares.slice(1, 4)) {
    answers.push(await operator.must("PUT", `${path}/update`, { key, nonce: begun.nonce }));
  }
  expect(answers[2]).toMatchObject({ complete: true, encoded_token: expect.stringMatching(/^[A-Za-z0-9+/]{38}$/) });
}
