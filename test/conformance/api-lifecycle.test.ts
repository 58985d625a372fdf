import type { ApiAnswer } from "../support/api";
import { ServerProcess } from "../support/server-process";

let server: ServerProcess;

beforeAll(async () => {
  server = await ServerProcess.start();
}, 60_000);

afterAll(() => server?.destroy());

const CODES = "uninitcode=299&sealedcode=298&activecode=297";

async function health(method: string, query = ""): Promise<ApiAnswer> {
  return server.api.send(method, `sys/health${query}`);
}

/** GET and HEAD, plain and with every code replaced. */
async function healthCodes(): Promise<readonly number[]> {
  const answers = [await health("GET"), await health("HEAD"), await health("GET", `?${CODES}`)];
  return answers.map((answer) => answer.status);
}

describe("a new server", () => {
  it("says that it is not initialised", async () => {
    expect(await healthCodes()).toEqual([501, 501, 299]);
    expect((await health("GET")).body).toMatchObject({ initialized: false, sealed: true, standby: false });
    expect((await server.api.get("sys/init")).body).toEqual({ initialized: false });
    expect((await server.api.get("sys/seal-status")).body).toMatchObject({
      initialized: false,
      sealed: true,
      t: 0,
      n: 0,
    });
  });

  it.each([
    [{ secret_shares: 3, secret_threshold: 4 }],
    [{ secret_shares: 3, secret_threshold: 1 }],
    [{ secret_shares: 0, secret_threshold: 0 }],
    [{ secret_shares: 256, secret_threshold: 3 }],
    [{ secret_shares: -1, secret_threshold: 1 }],
    [{ secret_shares: 1, secret_threshold: 1, recovery_shares: 1, recovery_threshold: 1 }],
    [{ secret_shares: 2, secret_threshold: 2, pgp_keys: ["one"] }],
  ])("refuses to initialise with %j", async (body) => {
    const answer = await server.api.send("PUT", "sys/init", body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.join()).toMatch(/share|threshold|pgp/i);
    expect((await server.api.get("sys/init")).body).toEqual({ initialized: false });
  });

  it("cannot be unsealed, nor read", async () => {
    expect((await server.api.send("PUT", "sys/unseal", { key: "00" })).status).toBe(400);
    expect((await server.api.get("secret/x", { token: "hvs.x" })).status).toBeGreaterThanOrEqual(400);
  });
});

describe("three shares, two needed", () => {
  let keys: readonly string[];
  let hex: readonly string[];
  let rootToken: string;

  beforeAll(async () => {
    const body = await server.api.must("PUT", "sys/init", { secret_shares: 3, secret_threshold: 2 });
    keys = body.keys_base64 as string[];
    hex = body.keys as string[];
    rootToken = String(body.root_token);
  });

  it("gives the shares in both spellings, and a root token", () => {
    expect(keys.map((key) => Buffer.from(key, "base64").toString("hex"))).toEqual(hex);
    expect([keys.length, hex.length]).toEqual([3, 3]);
    expect(rootToken).toMatch(/^hvs\./);
  });

  it("is sealed: 503, and nothing but the open endpoints answers", async () => {
    expect(await healthCodes()).toEqual([503, 503, 298]);
    const refused = await server.api.get("sys/mounts", { token: rootToken });
    expect([refused.status, refused.body.errors]).toEqual([503, ["Vault is sealed"]]);
  });

  it("counts shares, forgets them on reset, and opens at the threshold", async () => {
    const unseal = async (body: object): Promise<unknown> => {
      const { sealed, progress, t, n } = await server.api.must("PUT", "sys/unseal", body);
      return { sealed, progress, t, n };
    };
    expect(await unseal({ key: keys[0] })).toEqual({ sealed: true, progress: 1, t: 2, n: 3 });
    expect(await unseal({ key: keys[0] })).toEqual({ sealed: true, progress: 1, t: 2, n: 3 });
    expect(await unseal({ reset: true })).toEqual({ sealed: true, progress: 0, t: 2, n: 3 });
    expect(await unseal({ key: hex[2] })).toEqual({ sealed: true, progress: 1, t: 2, n: 3 });
    expect(await unseal({ key: keys[1] })).toEqual({ sealed: false, progress: 0, t: 2, n: 3 });
    expect(await healthCodes()).toEqual([200, 200, 297]);
  });

  it("tells its health, its leader and its identity while it is open", async () => {
    const { body } = await health("GET");
    expect(body).toMatchObject({
      initialized: true,
      sealed: false,
      standby: false,
      performance_standby: false,
      replication_performance_mode: "disabled",
      replication_dr_mode: "disabled",
    });
    expect(typeof body.server_time_utc).toBe("number");
    const status = (await server.api.get("sys/seal-status")).body;
    expect([status.cluster_id, status.cluster_name]).toEqual([body.cluster_id, body.cluster_name]);
    expect((await server.api.get("sys/leader")).body).toMatchObject({ ha_enabled: false, is_self: true });
  });

  it("seals on request, keeps the data, and refuses wrong codes", async () => {
    await server.api.must("POST", "sys/mounts/kept", { type: "kv" }, { token: rootToken });
    await server.api.must("POST", "kept/a", { v: 1 }, { token: rootToken });
    expect((await server.api.send("PUT", "sys/seal", undefined)).status).toBe(403);
    expect((await server.api.send("PUT", "sys/seal", undefined, { token: rootToken })).status).toBe(204);
    expect(await healthCodes()).toEqual([503, 503, 298]);
    await server.unseal(keys.slice(0, 2));
    expect((await server.api.get("kept/a", { token: rootToken })).body.data).toEqual({ v: 1 });
    expect((await health("GET", "?sealedcode=9999")).status).toBe(400);
  });

  it("is sealed again after a restart, the same afterwards", async () => {
    expect(await server.stop("SIGTERM")).toBe(0);
    await server.boot();
    expect(await healthCodes()).toEqual([503, 503, 298]);
    await server.unseal(keys.slice(1));
    expect((await server.api.get("kept/a", { token: rootToken })).body.data).toEqual({ v: 1 });
  });
});

describe("the static seal", () => {
  it("gives recovery keys, opens itself after a restart, and stays shut with another key", async () => {
    const key = (fill: number): string => Buffer.alloc(32, fill).toString("base64");
    const own = await ServerProcess.start({ sealKey: key(7) });
    try {
      const body = await own.api.must("PUT", "sys/init", { recovery_shares: 3, recovery_threshold: 2 });
      expect([body.keys, (body.recovery_keys_base64 as string[]).length]).toEqual([[], 3]);
      expect((await own.api.get("sys/health")).status).toBe(200);
      expect(await own.stop("SIGTERM")).toBe(0);
      await own.boot();
      expect((await own.api.get("sys/health")).status).toBe(200);
      expect((await own.api.get("sys/seal-status")).body).toMatchObject({ type: "static", recovery_seal: true });
    } finally {
      await own.destroy();
    }
  });
});
