import { ReplicationSet } from "../support/replication-set";
import { freePorts, ServerProcess } from "../support/server-process";

/** Who may make the calls of replication, and the tokens with which clusters are let in, on real servers. */
let set: ReplicationSet;

beforeAll(async () => {
  set = await ReplicationSet.start(() => Promise.resolve());
}, 90_000);

afterAll(() => set?.destroy());

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

describe("who may call", () => {
  const P = "sys/replication/performance";
  const D = "sys/replication/dr";
  const withToken = [
    `${P}/primary/enable`,
    `${P}/primary/demote`,
    `${P}/primary/disable`,
    `${P}/primary/secondary-token`,
    `${P}/primary/revoke-secondary`,
    `${P}/primary/paths-filter/b`,
    `${P}/secondary/generate-public-key`,
    `${P}/secondary/enable`,
    `${P}/secondary/promote`,
    `${P}/secondary/disable`,
    `${P}/secondary/update-primary`,
    `${D}/primary/enable`,
    `${D}/primary/demote`,
    `${D}/primary/disable`,
    `${D}/primary/secondary-token`,
    `${D}/primary/revoke-secondary`,
    `${D}/secondary/generate-public-key`,
    `${D}/secondary/enable`,
    "sys/replication/recover",
    "sys/replication/reindex",
    "sys/replication/merkle-check",
    ...["enable", "demote", "disable", "secondary-token", "revoke-secondary"].map(
      (call) => `sys/replication/primary/${call}`,
    ),
    ...["enable", "promote", "disable", "update-primary"].map((call) => `sys/replication/secondary/${call}`),
  ];
  it.each(withToken)(
    "%s: nobody without a token, nobody whose policy does not name it, PUT like POST",
    async (path) => {
      const made = await set.root.must("POST", "auth/token/create", { policies: ["only-promote"] });
      const nobody = set.servers.a.api.with(String(made.auth?.client_token));
      for (const method of ["POST", "PUT"]) {
        expect((await set.servers.a.api.send(method, path, {})).status).toBe(403);
        expect((await nobody.send(method, path, {})).status).toBe(403);
      }
    },
  );

  it.each([
    "sys/replication/reindex",
    `${P}/primary/secondary-token`,
    `${D}/primary/secondary-token`,
    "sys/replication/primary/secondary-token",
  ])("%s needs sudo", async (path) => {
    await set.root.must("PUT", "sys/policies/acl/without-sudo", {
      policy: `path "${path}" { capabilities = ["create", "update"] }`,
    });
    const made = await set.root.must("POST", "auth/token/create", { policies: ["without-sudo"] });
    const answer = await set.servers.a.api.with(String(made.auth?.client_token)).post(path, { id: "x" });
    expect([answer.status, answer.body.errors?.[0]]).toEqual([403, expect.stringContaining("permission denied")]);
  });
});

describe("activation tokens", () => {
  const path = "sys/replication/performance/primary/secondary-token";

  it("of a cluster that does not know where others reach it come with a warning", async () => {
    const port = await freePorts();
    const listener = [{ tcp: { address: `0.0.0.0:${port}`, tls_disable: true } }];
    const server = await ServerProcess.start({ port, storage: "inmem", configuration: { listener } });
    try {
      const root = server.api.with((await server.initialize()).rootToken);
      await root.must("POST", "sys/replication/performance/primary/enable");
      const api = expect.stringContaining("primary_api_addr");
      const cluster = expect.stringContaining("primary_cluster_addr");
      expect((await root.must("POST", path, { id: "x" })).warnings).toEqual([api, cluster]);
      const made = await root.must("POST", "sys/replication/performance/secondary/generate-public-key");
      const sealed = { id: "x", secondary_public_key: made.data?.secondary_public_key };
      expect((await root.must("POST", path, sealed)).warnings).toEqual([cluster]);
      await root.must("POST", "sys/replication/dr/primary/enable", { primary_cluster_addr: "10.0.0.1:8201" });
      const dr = await root.must("POST", "sys/replication/dr/primary/secondary-token", { id: "x" });
      expect(dr.warnings).toEqual([api]);
    } finally {
      await server.destroy();
    }
  }, 30_000);

  it("are wrapped, signed and single", async () => {
    const { text, body } = await set.root.post(path, { id: "later", ttl: "10m" });
    expect(body).toMatchObject({
      request_id: "",
      data: null,
      auth: null,
      warnings: null,
      wrap_info: {
        token: expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/),
        accessor: expect.stringMatching(/./),
        ttl: 600,
        creation_time: expect.stringMatching(TIME),
        creation_path: path,
        wrapped_accessor: "",
      },
    });
    expect(text).not.toContain("client_key");
    const token = String(body.wrap_info?.token);
    const [header, claims] = token.split(".").map((part) => Buffer.from(part, "base64url").toString("utf8"));
    expect(JSON.parse(header ?? "")).toEqual({ alg: "ES512", typ: "JWT" });
    const stated = JSON.parse(claims ?? "") as Record<string, unknown>;
    expect(stated).toMatchObject({ type: "wrapping", addr: expect.stringMatching(/^http/), jti: expect.any(String) });
    expect(Number(stated.exp) - Number(stated.iat)).toBe(600);
    const opened = await set.servers.a.api.with(token).must("POST", "sys/wrapping/unwrap");
    expect(Object.keys(opened.data ?? {}).sort()).toEqual(
      ["ca_cert", "client_cert", "client_key", "cluster_id", "id", "mode", "primary_cluster_addr"].sort(),
    );
    expect((await set.servers.a.api.with(token).post("sys/wrapping/unwrap")).status).toBe(400);
    await set.root.must("POST", "sys/replication/performance/primary/revoke-secondary", { id: "later" });
  });

  it("live for half an hour by default", async () => {
    const { wrap_info } = await set.root.must("POST", path, { id: "later" });
    expect(wrap_info?.ttl).toBe(1_800);
    await set.root.must("POST", "sys/replication/performance/primary/revoke-secondary", { id: "later" });
  });

  it("for a public key are not wrapped", async () => {
    const made = await set.root.must("POST", "sys/replication/performance/secondary/generate-public-key");
    const secondary_public_key = String(made.data?.secondary_public_key);
    expect(Buffer.from(secondary_public_key, "base64")).toHaveLength(32);
    const answer = await set.root.must("POST", path, { id: "later", secondary_public_key });
    expect(answer.wrap_info).toBeNull();
    expect(answer.data).toEqual({ token: expect.stringMatching(/^\S{100,}$/) });
    await set.root.must("POST", "sys/replication/performance/primary/revoke-secondary", { id: "later" });
  });
});
