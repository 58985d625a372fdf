import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Api } from "../support/api";
import { heldCeremony, uncovered } from "../support/ceremony";
import { ReplicationSet } from "../support/replication-set";
import { eventually, ServerProcess } from "../support/server-process";

/** Root tokens that the share holders make: cluster-local, by the primary's shares, on every cluster but a DR secondary. */
const CEREMONY = "sys/generate-root";

let set: ReplicationSet;
const secrets: string[] = [];

beforeAll(async () => {
  set = await ReplicationSet.start(async (root) => {
    await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  });
}, 90_000);

afterAll(() => set?.destroy());

function quorum(): readonly string[] {
  return set.shares.slice(1);
}

async function rootOf(api: Api): Promise<Api> {
  const { token, otp } = await heldCeremony(api, CEREMONY, quorum());
  secrets.push(token, otp);
  return api.with(token);
}

describe("on a performance secondary, by the primary's share holders", () => {
  it("makes a root token of this cluster alone, under which everything works as on the primary", async () => {
    const root = await rootOf(await set.operator("b"));
    const facts = (await root.must("GET", "auth/token/lookup-self")).data;
    expect(facts).toMatchObject({ policies: ["root"], path: "auth/token/root", ttl: 0, orphan: true });
    expect((await set.servers.a.api.with(root.token ?? "").get("auth/token/lookup-self")).status).toBe(403);
    // A write through it goes to the primary, and is read where it was asked for.
    await root.must("POST", "sys/mounts/made", { type: "kv", options: { version: "1" } });
    await root.must("POST", "made/x", { v: "1" });
    expect((await set.root.must("GET", "made/x")).data).toEqual({ v: "1" });
    expect((await root.must("GET", "made/x")).data).toEqual({ v: "1" });
    await set.root.must("POST", "secret/data/x", { data: { v: "2" } });
    const shared = Number((await set.status("a", "performance")).last_performance_wal);
    await set.caughtUp("b");
    expect(Number((await set.status("b", "performance")).last_remote_wal)).toBeGreaterThanOrEqual(shared);
    expect((await root.must("GET", "secret/data/x")).data?.data).toEqual({ v: "2" });
  });

  it("is good after a restart, until it is revoked", async () => {
    const { b } = set.servers;
    const root = await rootOf(await set.operator("b"));
    await b.stop("SIGKILL");
    await b.boot();
    await eventually("b is open", async () => (await b.api.get("sys/seal-status")).body.sealed === false);
    expect((await root.get("auth/token/lookup-self")).status).toBe(200);
    await root.must("POST", "auth/token/revoke-self");
    expect((await root.get("auth/token/lookup-self")).status).toBe(403);
  });

  it("encrypts it to an OpenPGP key", async () => {
    const openpgp = await import("openpgp");
    const { privateKey, publicKey } = await openpgp.generateKey({ userIDs: [{ name: "op" }], format: "object" });
    const operator = await set.operator("b");
    const pgp_key = Buffer.from(publicKey.write()).toString("base64");
    const begun = (await operator.must("PUT", `${CEREMONY}/attempt`, { pgp_key })) as Record<string, unknown>;
    const pgp_fingerprint = publicKey.getFingerprint();
    expect(begun).toMatchObject({ started: true, otp: "", pgp_fingerprint, required: 2, progress: 0 });
    let done: Record<string, unknown> = {};
    for (const key of quorum()) done = await operator.must("PUT", `${CEREMONY}/update`, { key, nonce: begun.nonce });
    expect(done).toMatchObject({
      ...begun,
      progress: 2,
      complete: true,
      encoded_root_token: done.encoded_token,
      encoded_token: expect.stringMatching(/./),
    });
    const message = await openpgp.readMessage({ binaryMessage: Buffer.from(String(done.encoded_token), "base64") });
    const { data } = await openpgp.decrypt({ message, decryptionKeys: privateKey });
    secrets.push(String(data));
    const policies = (await operator.with(String(data)).must("GET", "auth/token/lookup-self")).data?.policies;
    expect(policies).toEqual(["root"]);
  });

  it("is not for strangers, and what they try does not disturb the share holders", async () => {
    const operator = await set.operator("b");
    const stranger = set.servers.b.api;
    const noise = async (): Promise<void> => {
      const answers = [
        await stranger.get(`${CEREMONY}/attempt`),
        await stranger.post(`${CEREMONY}/attempt`, {}),
        await stranger.delete(`${CEREMONY}/attempt`),
        await stranger.delete(CEREMONY),
        await stranger.post(`${CEREMONY}/update`, { key: set.shares[0], nonce: "x" }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
    };
    await noise();
    const begun = (await operator.must("POST", `${CEREMONY}/attempt`)) as Record<string, unknown>;
    let done: Record<string, unknown> = {};
    for (const key of quorum()) {
      await noise();
      done = await operator.must("POST", `${CEREMONY}/update`, { key, nonce: begun.nonce });
    }
    const token = uncovered(done.encoded_token, begun.otp);
    secrets.push(token, String(begun.otp));
    expect((await operator.with(token).get("sys/mounts")).status).toBe(200);
  });

  it("takes shares of this set only, and ends the attempt at a wrong one", async () => {
    const operator = await set.operator("b");
    const begun = (await operator.must("POST", CEREMONY)) as Record<string, unknown>;
    expect((await operator.get(CEREMONY)).body).toMatchObject({ started: true, nonce: begun.nonce, otp: "" });
    const second = await operator.post(`${CEREMONY}/attempt`);
    expect([second.status, second.body.errors?.[0]]).toEqual([400, expect.stringContaining("under way already")]);
    const give = (key: string | undefined, nonce = begun.nonce) => operator.post(`${CEREMONY}/update`, { key, nonce });
    expect((await give(set.shares[0], "other")).status).toBe(400);
    for (const key of ["short", "aa".repeat(32)]) expect((await give(key)).body.errors?.[0]).toContain("'key'");
    await give(randomBytes(33).toString("base64"));
    expect((await give(set.shares[0])).body.errors?.[0]).toContain("not those of this cluster");
    expect((await operator.get(CEREMONY)).body).toMatchObject({ started: false, nonce: "", progress: 0 });
  });

  it("gives nothing to a policy that does not name it", async () => {
    const made = await set.root.must("POST", "auth/token/create", { policies: ["dr-operator"], no_parent: true });
    const poor = set.servers.a.api.with(String(made.auth?.client_token));
    expect((await poor.post(`${CEREMONY}/attempt`)).status).toBe(403);
  });
});

it("on the primary: the DR secondary takes the token too, once it has it", async () => {
  const root = await rootOf(set.root);
  expect((await root.get("sys/mounts")).status).toBe(200);
  await set.caughtUp("d");
  const onD = set.servers.d.api.with(root.token ?? "");
  expect((await onD.get("sys/replication/dr/secondary/generate-operation-token/attempt")).status).toBe(200);
});

it("on a DR secondary: refused, with what there is instead", async () => {
  const operator = set.servers.d.api.with(set.root.token ?? "");
  for (const [path, body] of [
    ["attempt", {}],
    ["update", { key: set.shares[0], nonce: "x" }],
  ] as const) {
    const answer = await operator.post(`${CEREMONY}/${path}`, body);
    expect([answer.status, answer.body.errors?.[0]]).toEqual([
      400,
      expect.stringContaining("sys/replication/dr/secondary/generate-operation-token"),
    ]);
  }
});

it("nothing secret of all this stands in clear in a trail or a log", () => {
  expect(secrets.length).toBeGreaterThanOrEqual(8);
  for (const name of ["a", "b", "d"] as const) {
    const trail = readFileSync(set.auditFile(name), "utf8");
    if (name === "b") {
      expect(trail).toContain(`"path":"${CEREMONY}/update"`);
      expect(trail).toContain('"encoded_root_token":"hmac-sha256:');
      expect(set.servers.b.log).toContain("share holders made a root token");
    }
    for (const secret of [...secrets, ...set.shares]) {
      expect(trail).not.toContain(secret);
      expect(set.servers[name].log).not.toContain(secret);
    }
  }
});

describe("with enable_unauthenticated_access", () => {
  let server: ServerProcess;
  let shares: readonly string[];
  let nonce: unknown;

  beforeAll(async () => {
    server = await ServerProcess.start({
      name: "open",
      sealKey: randomBytes(32).toString("base64"),
      configuration: { enable_unauthenticated_access: ["generate-root"] },
    });
    const first = await server.api.must("PUT", "sys/init", { recovery_shares: 3, recovery_threshold: 2 });
    shares = first.recovery_keys_base64 as readonly string[];
  }, 30_000);

  afterAll(() => server?.destroy());

  it("lets share holders make a root token without any token", async () => {
    const { token } = await heldCeremony(server.api, CEREMONY, shares.slice(0, 2));
    expect((await server.api.with(token).get("sys/mounts")).status).toBe(200);
  });

  it("opens this ceremony alone", async () => {
    for (const path of [
      "sys/replication/dr/secondary/generate-operation-token/attempt",
      "sys/mounts",
      "sys/key-status",
    ])
      expect((await server.api.get(path)).status).toBe(403);
  });

  it("shows strangers no nonce, and nobody without it ends what the share holders began", async () => {
    nonce = ((await server.api.must("POST", `${CEREMONY}/attempt`)) as Record<string, unknown>).nonce;
    expect((await server.api.get(`${CEREMONY}/attempt`)).body).toMatchObject({ started: true, nonce: "" });
    const refused = await server.api.delete(`${CEREMONY}/attempt`);
    expect([refused.status, refused.body.errors?.[0]]).toEqual([400, expect.stringContaining("'nonce'")]);
    expect((await server.api.delete(`${CEREMONY}/attempt?nonce=wrong`)).status).toBe(400);
    expect((await server.api.get(`${CEREMONY}/attempt`)).body).toMatchObject({ started: true });
    expect((await server.api.delete(`${CEREMONY}/attempt?nonce=${nonce}`)).status).toBe(204);
    expect((await server.api.get(`${CEREMONY}/attempt`)).body).toMatchObject({ started: false });
  });

  it("answers nobody while it is sealed, and has forgotten the attempt afterwards", async () => {
    const { token } = await heldCeremony(server.api, CEREMONY, shares.slice(0, 2));
    const begun = (await server.api.must("POST", `${CEREMONY}/attempt`)) as Record<string, unknown>;
    const share = { key: shares[0], nonce: begun.nonce };
    await server.api.must("POST", `${CEREMONY}/update`, share);
    await server.api.with(token).must("PUT", "sys/seal");
    for (const answer of [
      await server.api.get(`${CEREMONY}/attempt`),
      await server.api.post(`${CEREMONY}/attempt`),
      await server.api.post(`${CEREMONY}/update`, share),
      await server.api.delete(`${CEREMONY}/attempt?nonce=${begun.nonce}`),
    ])
      expect(answer.status).toBe(503);
    await server.stop("SIGTERM");
    await server.boot();
    await eventually("it is open", async () => (await server.api.get("sys/seal-status")).body.sealed === false);
    expect((await server.api.get(`${CEREMONY}/attempt`)).body).toMatchObject({ started: false });
  });
});
