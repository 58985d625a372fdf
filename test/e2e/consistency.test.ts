import fc from "fast-check";
import type { Api, ApiAnswer } from "../support/api";
import { LocalServer } from "../support/local-server";
import { eventually } from "../support/server-process";

/** `a` is the primary of both modes; `b` and `c` are performance secondaries, `d` is the DR secondary. */
let a: LocalServer;
let b: LocalServer;
let c: LocalServer;
let d: LocalServer;
let root: Api;

const WAIT_MILLISECONDS = 1_000;

beforeAll(async () => {
  const options = { consistency_wait: `${WAIT_MILLISECONDS}ms` };
  [a, b, c, d] = await Promise.all([
    LocalServer.start("a", options),
    LocalServer.start("b", { consistency_wait: "2s" }),
    LocalServer.start("c", options),
    LocalServer.start("d", options),
  ]);
  root = a.root;
  await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await root.must("PUT", "sys/policies/acl/app", {
    policy: 'path "secret/*" { capabilities = ["create", "read", "update"] }',
  });
  await root.must("PUT", "sys/policies/acl/dr-operator", {
    policy: 'path "sys/replication/dr/secondary/*" { capabilities = ["read", "update"] }',
  });
  await root.must("POST", "auth/token/roles/dr-operator", {
    token_type: "batch",
    orphan: true,
    renewable: false,
    allowed_policies: "dr-operator",
  });
  await root.must("POST", "sys/auth/userpass", { type: "userpass" });
  await root.must("POST", "auth/userpass/users/anna", { password: "anna-password", token_policies: "app" });
  for (const mode of ["performance", "dr"]) {
    await root.must("POST", `sys/replication/${mode}/primary/enable`, { primary_cluster_addr: a.clusterAddress });
  }
  await b.follow(a, root, "performance");
  await c.follow(a, root, "performance");
  await d.follow(a, root, "dr");
}, 60_000);

afterAll(async () => {
  await Promise.all([a, b, c, d].map((server) => server?.stop()));
});

async function login(server: LocalServer): Promise<Api> {
  const answer = await server.api.must("POST", "auth/userpass/login/anna", { password: "anna-password" });
  return server.api.with(String(answer.auth?.client_token));
}

function indexOf(answer: ApiAnswer): string {
  return String(answer.headers["x-vault-index"]);
}

const versionOf = (answer: ApiAnswer): number => Number((answer.body.data?.metadata as { version?: number })?.version);
const textOf = (answer: ApiAnswer): unknown => (answer.body.data?.data as { v?: unknown } | undefined)?.v;

function write(api: Api, path: string, v: string): Promise<ApiAnswer> {
  return api.post(`secret/data/${path}`, { data: { v } });
}

/** Asks until the answer is no 412, as clients do. */
async function patient(ask: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
  return eventually("the index is there", async () => {
    const answer = await ask();
    return answer.status !== 412 && answer;
  });
}

interface Session {
  readonly through: number;
  readonly key: number;
  readonly steps: readonly ("write" | "read" | "read elsewhere")[];
}

const session: fc.Arbitrary<Session> = fc.record({
  through: fc.nat({ max: 1 }),
  key: fc.nat({ max: 2 }),
  steps: fc.array(fc.constantFrom("write", "read", "read elsewhere"), { minLength: 3, maxLength: 8 }),
});

test("a session that writes through a secondary reads its writes there, without asking for it", async () => {
  const [throughB, throughC] = [await login(b), await login(c)];
  await fc.assert(
    fc.asyncProperty(fc.array(session, { minLength: 2, maxLength: 6 }), fc.nat(), async (sessions, seed) => {
      let state = seed;
      const delay = (): number => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        return state % 12;
      };
      b.transport.delayMilliseconds = delay;
      c.transport.delayMilliseconds = delay;
      await Promise.all(
        sessions.map(async ({ through, key, steps }) => {
          const [here, there] = through === 0 ? [throughB, throughC] : [throughC, throughB];
          let version = 0;
          let index: string | undefined;
          for (const step of steps) {
            if (step === "write") {
              const written = await write(here, `shared-${key}`, `${through}`);
              expect(written.status).toBe(200);
              // A late answer says so, and names the index: nothing is promised but that.
              if (written.body.warnings !== undefined && written.body.warnings !== null) {
                expect(indexOf(written)).toMatch(/^[\w+/=]+$/);
                continue;
              }
              version = Number(written.body.data?.version);
              index = indexOf(written);
            } else if (step === "read") {
              const read = await here.get(`secret/data/shared-${key}`);
              if (version > 0) expect(versionOf(read)).toBeGreaterThanOrEqual(version);
              if (version > 0) version = versionOf(read);
            } else if (index !== undefined) {
              const headers = { "X-Vault-Index": index };
              const read = await there.get(`secret/data/shared-${key}`, { headers });
              if (read.status !== 412) expect(versionOf(read)).toBeGreaterThanOrEqual(1);
            }
          }
        }),
      );
    }),
    { numRuns: 25 },
  );
  b.transport.delayMilliseconds = () => 0;
  c.transport.delayMilliseconds = () => 0;
}, 60_000);

test("the index of a write is honoured on another cluster: the new value, or 412, never the old one", async () => {
  const [throughB, throughC] = [await login(b), await login(c)];
  c.transport.delayMilliseconds = () => 15;
  let refused = 0;
  for (let round = 1; round <= 30; round += 1) {
    const written = await write(throughB, "elsewhere", `r${round}`);
    const headers = { "X-Vault-Index": indexOf(written), "X-Vault-Inconsistent": "fail" };
    const read = await throughC.get("secret/data/elsewhere", { headers });
    if (read.status === 412) refused += 1;
    else expect(textOf(read)).toBe(`r${round}`);
    const { "X-Vault-Index": index } = headers;
    const waited = await patient(() => throughC.get("secret/data/elsewhere", { headers: { "X-Vault-Index": index } }));
    expect(textOf(waited)).toBe(`r${round}`);
  }
  expect(refused).toBeGreaterThan(0);
  c.transport.delayMilliseconds = () => 0;
});

test("a secondary that is behind says so after consistency_wait, with a warning and the index that it needs", async () => {
  const api = await login(c);
  await write(api, "late", "before");
  c.transport.hold();
  const began = Date.now();
  const written = await write(api, "late", "after");
  const took = Date.now() - began;
  expect(written.status).toBe(200);
  expect(took).toBeGreaterThanOrEqual(WAIT_MILLISECONDS - 10);
  expect(took).toBeLessThan(WAIT_MILLISECONDS + 2_000);
  expect(written.body.warnings).toEqual([expect.stringContaining("not caught up")]);
  expect(textOf(await api.get("secret/data/late"))).toBe("before");
  const headers = { "X-Vault-Index": indexOf(written) };
  const refused = await api.get("secret/data/late", { headers });
  expect([refused.status, refused.body.errors]).toEqual([412, ["required index state not present"]]);
  const quick = Date.now();
  const failed = await api.get("secret/data/late", { headers: { ...headers, "X-Vault-Inconsistent": "fail" } });
  expect([failed.status, Date.now() - quick < WAIT_MILLISECONDS]).toEqual([412, true]);
  // Who forges a header makes its own request fail, and waits for nothing.
  const text = Buffer.from(indexOf(written), "base64").toString();
  const forged = Buffer.from(text.replace(/:\d+:\d+:/, ":9999999:9999999:")).toString("base64");
  const forging = Date.now();
  expect((await api.get("secret/data/late", { headers: { "X-Vault-Index": forged } })).status).toBe(412);
  expect(Date.now() - forging).toBeLessThan(WAIT_MILLISECONDS);
  c.transport.release();
  const there = await patient(() => api.get("secret/data/late", { headers }));
  expect(textOf(there)).toBe("after");
});

test("the unwritten carries no index; a login, a lease and a wrapped answer do", async () => {
  const api = await login(b);
  await write(api, "late", "here");
  expect((await api.get("secret/data/late")).headers["x-vault-index"]).toBeUndefined();
  const logged = await b.api.post("auth/userpass/login/anna", { password: "anna-password" });
  expect(logged.headers["x-vault-index"]).toBeDefined();
  const wrapped = await api.get("secret/data/late", { headers: { "X-Vault-Wrap-TTL": "60" } });
  expect(wrapped.headers["x-vault-index"]).toBeDefined();
  const through = await d.api.with(a.rootToken).post("secret/data/through-d", { data: { v: "1" } });
  expect(through.status).toBe(200);
  const headers = { "X-Vault-Index": indexOf(through) };
  expect((await root.get("secret/data/through-d", { headers })).status).toBe(200);
  expect((await d.api.with(a.rootToken).get("secret/data/through-d", { headers })).status).toBe(200);
});

test("after an unplanned failover an index and a token count as far as they were shipped, whatever the numbers are", async () => {
  const makeToken = async (): Promise<string> =>
    String((await root.must("POST", "auth/token/create", { policies: ["app"] })).auth?.client_token);
  const operator = await root.must("POST", "auth/token/create/dr-operator", { policies: ["dr-operator"], ttl: "1h" });
  const shippedToken = await makeToken();
  expect(shippedToken).toMatch(/^hvs\.[\w-]{91,251}$/);
  const shipped = { "X-Vault-Index": indexOf(await write(root, "shipped", "1")) };
  const last = Number((await a.status("dr")).last_dr_wal);
  await eventually("d has it", async () => Number((await d.status("dr")).last_remote_wal) >= last);
  d.transport.hold();
  const lost = { "X-Vault-Index": indexOf(await write(root, "lost", "1")) };
  const lostToken = await makeToken();
  const onB = await login(b);
  await eventually("b has what d has not", async () => (await onB.get("secret/data/lost")).status === 200);
  await a.stop();
  await d.api.must("POST", "sys/replication/dr/secondary/promote", {
    force: true,
    dr_operation_token: String(operator.auth?.client_token),
    primary_cluster_addr: d.clusterAddress,
  });
  await eventually("d serves", async () => (await d.api.get("sys/health")).status === 200);
  d.transport.release();
  const onD = d.api.with(a.rootToken);
  const statusOf = async (api: Api, path: string, headers: Readonly<Record<string, string>>): Promise<number> =>
    (await api.get(`secret/data/${path}`, { headers })).status;
  for (let round = 0; round < 60; round += 1) await write(onD, "many", `${round}`);
  expect([await statusOf(onD, "shipped", shipped), await statusOf(onD, "shipped", lost)]).toEqual([200, 412]);
  const tokens = [shippedToken, lostToken, `${shippedToken.slice(0, -1)}x`].map((token) => d.api.with(token));
  expect(await Promise.all(tokens.map(async (api) => (await api.get("secret/data/many")).status))).toEqual([
    200, 403, 403,
  ]);
  expect(await d.status("dr")).toMatchObject({ mode: "primary", ssct_generation_counter: 1 });
  // A performance secondary goes along, and gives up what only the lost primary had.
  await eventually("b follows d", async () => textOf(await onB.get("secret/data/many")) === "59", 40_000).catch(
    (error: Error) => {
      throw new Error(`${error.message}; the log of b:\n${b.log.slice(-20).join("\n")}`);
    },
  );
  expect([await statusOf(onB, "shipped", shipped), await statusOf(onB, "shipped", lost)]).toEqual([200, 412]);
  expect((await onB.get("secret/data/lost")).status).toBe(404);
  const written = await write(onB, "after", "1");
  expect(written.body.warnings ?? []).toEqual([]);
  expect(await statusOf(onD, "after", { "X-Vault-Index": indexOf(written) })).toBe(200);
}, 90_000);
