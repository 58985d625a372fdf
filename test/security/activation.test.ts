import { connect as connectTls } from "node:tls";
import type { Api, ApiAnswer } from "../support/api";
import { eventually, ServerProcess } from "../support/server-process";

jest.setTimeout(60_000);

/** Who is not let into a set: used, expired, altered and foreign activation tokens, between real servers on loopback. */
let primary: ServerProcess;
let candidate: ServerProcess;
let foreign: ServerProcess;
let root: Api;
let candidateRoot: Api;
let primaryKeys: readonly string[];

beforeAll(async () => {
  [primary, candidate, foreign] = (await Promise.all(
    ["primary", "candidate", "foreign"].map((name) => ServerProcess.start({ name })),
  )) as [ServerProcess, ServerProcess, ServerProcess];
  const made = await primary.initialize();
  primaryKeys = made.keys;
  root = primary.api.with(made.rootToken);
  candidateRoot = candidate.api.with((await candidate.initialize()).rootToken);
  await candidateRoot.must("POST", "sys/mounts/own", { type: "kv" });
  await candidateRoot.must("POST", "own/data", { v: "kept" });
  await root.must("POST", "sys/replication/performance/primary/enable", {});
}, 60_000);

afterAll(async () => {
  root?.close();
  candidateRoot?.close();
  await Promise.all([primary, candidate, foreign].map((server) => server?.destroy()));
});

async function issue(id: string, ttl = "5m", from: Api = root): Promise<string> {
  const { wrap_info } = await from.must("POST", "sys/replication/performance/primary/secondary-token", { id, ttl });
  return String(wrap_info?.token);
}

function enable(token: string, address = primary.api.address): Promise<ApiAnswer> {
  return candidateRoot.post("sys/replication/performance/secondary/enable", { token, primary_api_addr: address });
}

async function staysAlone(): Promise<void> {
  const status = await candidate.api.get("sys/replication/performance/status");
  expect(status.body.data?.mode).toBe("disabled");
  expect((await candidateRoot.get("own/data")).body.data).toEqual({ v: "kept" });
}

/** The token with other claims and the old signature. */
function withClaims(token: string, change: Record<string, unknown>): string {
  const [header = "", claims = "", signature = ""] = token.split(".");
  const changed = { ...(JSON.parse(Buffer.from(claims, "base64url").toString("utf8")) as object), ...change };
  return [header, Buffer.from(JSON.stringify(changed)).toString("base64url"), signature].join(".");
}

function withoutSignature(token: string): string {
  const header = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
  return [header, token.split(".")[1], ""].join(".");
}

/** One character in the middle of the signature is another one. */
function withBentSignature(token: string): string {
  const at = token.lastIndexOf(".") + 40;
  return token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
}

test("only a token with sudo makes activation tokens", async () => {
  await root.must("PUT", "sys/policies/acl/nearly", {
    policy: 'path "sys/replication/*" { capabilities = ["create", "read", "update"] }',
  });
  const { auth } = await root.must("POST", "auth/token/create", { policies: ["nearly"] });
  for (const token of [String(auth?.client_token), "hvs.absent"]) {
    const answer = await root.post("sys/replication/performance/primary/secondary-token", { id: "x" }, { token });
    expect(answer.status).toBe(403);
  }
  const anonymous = await primary.api.post("sys/replication/performance/primary/secondary-token", { id: "x" });
  expect(anonymous.status).toBe(403);
});

test.each([
  ["no activation token at all", () => Promise.resolve("nonsense")],
  ["an ordinary token", () => Promise.resolve(String(root.token))],
  ["a token without a signature", async () => withoutSignature(await issue("unsigned"))],
  ["a token with a bent signature", async () => withBentSignature(await issue("bent"))],
  ["a token with a longer life", async () => withClaims(await issue("longer"), { exp: 4_000_000_000 })],
  ["a token with another's id inside", async () => withClaims(await issue("other"), { jti: root.token })],
])("%s: refused, and nothing is wiped", async (_name, make) => {
  const answer = await enable(await make());
  expect([answer.status, answer.text]).toEqual([400, expect.stringMatching(/token/)]);
  await staysAlone();
});

async function refusals(api: Api, reason: string): Promise<number> {
  const { text } = await api.get("sys/metrics?format=prometheus");
  const row = new RegExp(`vault_replication_activation_token_refused\\{reason="${reason}"\\} (\\d+)`);
  return Number(row.exec(text)?.[1]);
}

/** Shows the token to the primary that made it. */
function show(token: string): Promise<ApiAnswer> {
  return primary.api.with(token).post("sys/wrapping/unwrap");
}

test.each([
  ["altered", async () => withBentSignature(await issue("counted"))],
  ["altered", async () => withClaims(await issue("counted"), { exp: 4_000_000_000 })],
  [
    "used",
    async () => {
      const token = await issue("counted");
      expect((await show(token)).status).toBe(200);
      return token;
    },
  ],
  [
    "expired",
    async () => {
      const token = await issue("counted", "1s");
      await new Promise((settle) => setTimeout(settle, 1_500));
      return token;
    },
  ],
])("who shows the primary one that is %s is refused, counted and logged", async (reason, make) => {
  const token = await make();
  const before = await refusals(root, reason);
  expect((await show(token)).status).toBe(400);
  expect(await refusals(root, reason)).toBe(before + 1);
  expect(primary.log).toMatch(new RegExp(`refused an activation token.*"reason":"${reason}"`));
});

test("what the secondary itself refuses it counts and logs", async () => {
  for (const [reason, token] of [
    ["malformed", "nonsense"],
    ["altered", "mrk1.AAAA"],
  ] as const) {
    const before = await refusals(candidateRoot, reason);
    expect((await enable(token)).status).toBe(400);
    expect(await refusals(candidateRoot, reason)).toBe(before + 1);
    expect(candidate.log).toMatch(new RegExp(`refused an activation token.*"reason":"${reason}"`));
  }
  const ofTheOther = await root.post("sys/replication/dr/primary/enable", {});
  expect(ofTheOther.status).toBe(200);
  const wrapped = await root.must("POST", "sys/replication/dr/primary/secondary-token", { id: "dr" });
  expect((await enable(String(wrapped.wrap_info?.token))).text).toContain("for dr replication, not for performance");
  expect(candidate.log).toMatch(/refused an activation token.*"reason":"misplaced"/);
  await root.must("POST", "sys/replication/dr/primary/disable");
  await staysAlone();
});

test("a token that is past its time", async () => {
  const token = await issue("late", "1s");
  await new Promise((settle) => setTimeout(settle, 1_500));
  expect((await enable(token)).status).toBe(400);
  await staysAlone();
});

test("a token of a secondary that was revoked before it came", async () => {
  const token = await issue("revoked");
  await root.must("POST", "sys/replication/performance/primary/revoke-secondary", { id: "revoked" });
  const answer = await enable(token);
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("the secondary was revoked")]);
  await staysAlone();
});

test("a token of another set, shown to this primary", async () => {
  const other = foreign.api.with((await foreign.initialize()).rootToken);
  await other.must("POST", "sys/replication/performance/primary/enable", {});
  const token = await issue("stranger", "5m", other);
  expect((await enable(token)).status).toBe(400);
  await staysAlone();
  other.close();
});

test("a primary that cannot be reached: an error, and nothing is wiped", async () => {
  const answer = await enable(await issue("nobody"), "http://127.0.0.1:1");
  expect([answer.status >= 400, answer.text]).toEqual([true, expect.stringMatching(/primary/)]);
  await staysAlone();
});

test("a token that a newer one of the same id has replaced", async () => {
  const old = await issue("twice");
  await issue("twice");
  const answer = await enable(old);
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("a newer activation token for its id")]);
  expect(primary.log).toMatch(/refused a connection.*"reason":"not_a_member".*"address":"127\.0\.0\.1:\d+"/);
  await staysAlone();
});

test("the cluster port tells nothing to who has no certificate of the set", async () => {
  const ended = await new Promise<string>((settle) => {
    let received = "";
    const options = { port: primary.port + 1, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2"] };
    const socket = connectTls(options, () => socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    socket.setTimeout(5_000, () => socket.destroy(new Error("left open")));
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => settle(`${received}${error.code ?? error.message}`));
    socket.on("close", () => settle(`${received}closed`));
  });
  expect(ended).toMatch(/^(ERR_SSL|ECONNRESET|EPIPE|closed)/);
});

test("a good token works once; shown again by another cluster it is refused", async () => {
  const token = await issue("candidate");
  const answer = await enable(token);
  expect([answer.status, answer.body.warnings?.length]).toEqual([200, 1]);
  await eventually("the secondary streams", async () => {
    if ((await candidate.api.get("sys/seal-status")).body.sealed === true) await candidate.unseal(primaryKeys);
    return (await candidate.api.get("sys/replication/performance/status")).body.data?.state === "stream-wals";
  });
  const taken = await root.post("sys/replication/performance/primary/secondary-token", { id: "candidate" });
  expect([taken.status, taken.text]).toEqual([400, expect.stringMatching(/is connected/)]);
  const late = await ServerProcess.start({ name: "late" });
  try {
    const lateRoot = late.api.with((await late.initialize()).rootToken);
    const again = await lateRoot.post("sys/replication/performance/secondary/enable", {
      token,
      primary_api_addr: primary.api.address,
    });
    expect(again.status).toBe(400);
    expect((await late.api.get("sys/replication/performance/status")).body.data?.mode).toBe("disabled");
    lateRoot.close();
  } finally {
    await late.destroy();
  }
});

test("what the primary wrote of all this holds no token", () => {
  for (const server of [primary, candidate]) {
    expect(server.log).not.toMatch(/eyJ[\w-]{20,}\.|hvs\.[\w-]{20,}/);
  }
});
