import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Api } from "../support/api";
import { leaks, modesBelow, placesBelow } from "../support/leak-scan";
import { limitFileSize } from "../support/process-limits";
import { ServerProcess } from "../support/server-process";

/** Fresh random texts: whatever place holds one in the clear has leaked it. */
const secrets = new Map<string, string>();
const answers: string[] = [];

let folder: string;
let server: ServerProcess;
let root: Api;

function canary(name: string): string {
  const text = `canary-${name}-${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}`;
  secrets.set(name, text);
  return text;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "meridian-secret-"));
  // Directories that were there before with the modes of any other directory.
  for (const name of ["data", "audit"]) {
    mkdirSync(join(folder, name), { recursive: true });
    chmodSync(join(folder, name), 0o755);
  }
  server = await ServerProcess.start({
    folder,
    configuration: { log_level: "trace" },
    environment: { HTTPS_PROXY: `http://user:${canary("proxy password")}@127.0.0.1:1` },
  });
  const made = await server.initialize();
  for (const [at, key] of made.keys.entries()) secrets.set(`unseal key ${at}`, key);
  secrets.set("root token", made.rootToken);
  root = server.api.with(made.rootToken);
  await root.must("POST", "sys/audit/file", {
    type: "file",
    options: { file_path: join(folder, "audit", "audit.log") },
  });
}, 60_000);

afterAll(async () => {
  root?.close();
  await server?.destroy();
  rmSync(folder, { recursive: true, force: true });
});

/** Keeps what an error said: that must not repeat a secret either. */
async function refused(status: number, ...call: Parameters<Api["send"]>): Promise<void> {
  const answer = await root.send(...call);
  answers.push(answer.text);
  expect(answer.status).toBe(status);
}

function auditLines(): readonly Record<string, unknown>[] {
  const text = readFileSync(join(folder, "audit", "audit.log"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("secrets travel", () => {
  it("through kv, cubbyhole, logins, tokens and wrapping", async () => {
    await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
    await root.must("POST", "sys/mounts/plain", { type: "kv" });
    for (const type of ["userpass", "approle"]) await root.must("POST", `sys/auth/${type}`, { type });
    await root.must("POST", "secret/data/app/db", { data: { password: canary("kv value"), pin: 7_315_984_260_113 } });
    await root.must("GET", "secret/data/app/db");
    await root.must("POST", "plain/app", { password: canary("kv v1 value") });
    await root.must("POST", "cubbyhole/a", { password: canary("cubbyhole value") });
    const password = canary("user password");
    await root.must("POST", "auth/userpass/users/ada", { password });
    const login = await root.must("POST", "auth/userpass/login/ada", { password });
    secrets.set("login token", String(login.auth?.client_token));
    await root.must("POST", "auth/approle/role/app", { token_policies: "default" });
    const { data } = await root.must("POST", "auth/approle/role/app/secret-id", {});
    secrets.set("secret id", String(data?.secret_id));
    const role = await root.must("GET", "auth/approle/role/app/role-id");
    await root.must("POST", "auth/approle/login", { role_id: role.data?.role_id, secret_id: data?.secret_id });
    const batch = await root.must("POST", "auth/token/create", {
      type: "batch",
      no_parent: true,
      policies: ["default"],
    });
    secrets.set("batch token", String(batch.auth?.client_token));
    const wrapped = await root.must("GET", "secret/data/app/db", undefined, { headers: { "X-Vault-Wrap-TTL": "60" } });
    secrets.set("wrapping token", String(wrapped.wrap_info?.token));
    await root.must("POST", "sys/wrapping/unwrap", { token: wrapped.wrap_info?.token });
  });

  it("into what is refused", async () => {
    await refused(400, "POST", "auth/userpass/login/ada", { password: canary("wrong password") });
    await refused(400, "POST", "auth/userpass/users/ada", { password: { nested: canary("password of a wrong type") } });
    await refused(400, "POST", "secret/data/app/db", `{"data":{"a":"${canary("malformed body")}"`);
    await refused(400, "POST", "secret/data/app/db", { data: canary("data that is no object") });
    await refused(400, "POST", "auth/token/create", { ttl: canary("ttl of a wrong type") });
    await refused(400, "POST", "auth/approle/role/app/secret-id", { metadata: canary("metadata of a wrong type") });
    await refused(403, "GET", "secret/data/app/db", undefined, { token: canary("token that is none") });
    // Ignored while the server is open.
    await refused(200, "PUT", "sys/unseal", { key: canary("share that is none") });
    await refused(400, "POST", "sys/wrapping/unwrap", { token: canary("wrapping token that is none") });
    const bearer = { Authorization: `Bearer ${canary("second credential")}` };
    await refused(400, "GET", "secret/data/app/db", undefined, { headers: bearer });
    await root.get("secret/data/app/db", { headers: { "X-Custom": canary("some header"), Cookie: canary("cookie") } });
  });
});

describe("the audit trail", () => {
  it("has a request and a response per request, with hashes that sys/audit-hash reproduces", async () => {
    const { hash } = await root.must("POST", "sys/audit-hash/file", { input: secrets.get("kv value") });
    expect(hash).toMatch(/^hmac-sha256:[0-9a-f]{64}$/);
    expect(auditLines().some((line) => line.type === "request" && JSON.stringify(line).includes(String(hash)))).toBe(
      true,
    );
    expect(auditLines().some((line) => line.type === "response" && JSON.stringify(line).includes(String(hash)))).toBe(
      true,
    );
  });

  it("writes numbers as hashes too", () => {
    expect(readFileSync(join(folder, "audit", "audit.log"), "utf8")).not.toContain("7315984260113");
  });

  it("names path, operation and the failure of what was refused", async () => {
    await root.get("secret/data/nothing/here");
    await root.get("secret/data/denied", { token: secrets.get("login token") });
    const denied = auditLines().filter(({ request }) => (request as { path?: string }).path === "secret/data/denied");
    expect(denied.map(({ type }) => type)).toEqual(["request", "response"]);
    expect(denied[1]?.error).toMatch(/permission denied/);
  });

  it("refuses everything when it cannot be written, keeps no write, and goes on when it can again", async () => {
    const size = readFileSync(join(folder, "audit", "audit.log")).length;
    limitFileSize(server.pid, size);
    try {
      const read = await root.get("secret/data/app/db");
      expect([read.status, read.text.includes(secrets.get("kv value") ?? "")]).toEqual([500, false]);
      expect(read.body.errors?.join()).toMatch(/audit/);
      expect((await root.post("plain/refused", { v: 1 })).status).toBe(500);
      expect((await server.api.get("sys/health")).status).toBe(200);
    } finally {
      limitFileSize(server.pid, "unlimited");
    }
    expect((await root.get("secret/data/app/db")).status).toBe(200);
    expect((await root.get("plain/refused")).status).toBe(404);
  });
});

describe("at the end", () => {
  it("no secret lies in the data directory, the audit file, the log or an error", async () => {
    await server.stop("SIGTERM");
    const places = new Map(placesBelow(folder));
    places.set("server log", Buffer.from(server.log));
    places.set("error answers", Buffer.from(answers.join("\n")));
    expect(server.log).toContain("listening");
    expect([...places.keys()].filter((path) => /audit\.log|data\.mdb$/.test(path))).toHaveLength(2);
    expect(leaks(places, secrets)).toEqual([]);
  });

  it("the search finds what is there", () => {
    writeFileSync(join(folder, "planted"), Buffer.from(`x${secrets.get("kv value")}`).toString("base64"));
    expect(leaks(placesBelow(folder), secrets)).toEqual([`${join(folder, "planted")}: kv value`]);
    rmSync(join(folder, "planted"));
  });

  it("only the owner can read the files, in a directory that was open to everybody before", () => {
    const modes = modesBelow(join(folder, "data"));
    expect(modes.size).toBeGreaterThan(1);
    for (const [path, mode] of modes)
      expect([path, mode]).toEqual([path, path === join(folder, "data") ? "700" : "600"]);
    expect(modesBelow(join(folder, "audit")).get(join(folder, "audit", "audit.log"))).toBe("600");
  });
});
