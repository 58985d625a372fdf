import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Api } from "../support/api";
import { type Initialized, ServerProcess } from "../support/server-process";

let server: ServerProcess;
let initialized: Initialized;
let root: Api;

beforeAll(async () => {
  server = await ServerProcess.start();
  initialized = await server.initialize();
  root = server.api.with(initialized.rootToken);
  await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await root.must("PUT", "sys/policies/acl/reader", {
    policy: 'path "secret/data/open/*" { capabilities = ["read"] }',
  });
}, 60_000);

afterAll(async () => {
  root?.close();
  await server?.destroy();
});

async function readerToken(): Promise<string> {
  const created = await root.must("POST", "auth/token/create", { policies: ["reader"], ttl: "10m" });
  return String((created.auth as { client_token: string }).client_token);
}

/** Bytes as they are, without a client library that would clean them up. */
function raw(bytes: string): Promise<string> {
  return new Promise((settle, reject) => {
    let answer = "";
    const socket = connect(server.port, "127.0.0.1", () => socket.write(bytes, "latin1"));
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
      if (/\r\n\r\n/.test(answer)) socket.end();
    });
    socket.on("error", reject);
    socket.on("close", () => settle(answer));
  });
}

function start(args: readonly string[]): { readonly code: number | null; readonly output: string } {
  const run = spawnSync(process.execPath, [resolve("server/bin/meridian-server"), ...args], {
    encoding: "utf8",
    timeout: 15_000,
  });
  return { code: run.status, output: run.stdout + run.stderr };
}

describe("starting", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "meridian-bad-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const configure = (extra: Record<string, unknown> = {}): string => {
    const file = join(folder, "config.json");
    const listener = [{ tcp: { address: `127.0.0.1:${server.port}`, tls_disable: true } }];
    writeFileSync(file, JSON.stringify({ listener, storage: { inmem: {} }, ...extra }));
    return file;
  };

  it("names the address that is in use", () => {
    const { code, output } = start([`-config=${configure()}`]);
    expect(code).toBe(1);
    expect(output).toContain(`127.0.0.1:${server.port}`);
    expect(output).toMatch(/in use/);
  });

  it("names the file, the key and what is allowed in a wrong configuration", () => {
    const { code, output } = start([`-config=${configure({ log_level: "loud" })}`]);
    expect(code).toBe(1);
    expect(output).toMatch(/config\.json: "log_level" must be one of trace, debug, info, warn, error/);
  });

  it("names a file that is not there, and does not show a stack", () => {
    const { code, output } = start([`-config=${join(folder, "none.hcl")}`]);
    expect(code).toBe(1);
    expect(output).toMatch(/none\.hcl: cannot be read: it does not exist/);
    expect(output).not.toMatch(/\n\s+at /);
  });
});

describe("unsealing", () => {
  it("says that a share is wrong, keeps nothing of it, and takes the right one", async () => {
    await root.must("PUT", "sys/seal");
    const sealed = await server.api.get("secret/data/open/x", { token: initialized.rootToken });
    expect([sealed.status, sealed.body.errors?.join()]).toEqual([503, expect.stringMatching(/sealed/i)]);
    const wrong = await server.api.send("PUT", "sys/unseal", { key: Buffer.alloc(33, 9).toString("base64") });
    expect(wrong.status).toBe(400);
    expect(wrong.body.errors?.join()).toMatch(/unseal|share|key/i);
    const status = await server.api.get("sys/seal-status");
    expect(status.body).toMatchObject({ sealed: true, progress: 0 });
    await server.unseal(initialized.keys);
    expect((await server.api.get("sys/health")).status).toBe(200);
  });
});

describe("request bodies", () => {
  const write = (body: string): Promise<{ status: number; body: { readonly errors?: readonly string[] } }> =>
    root.send("POST", "secret/data/open/body", body);

  it("refuses malformed JSON without repeating it", async () => {
    const answer = await write('{"data": {"password": "hunter2"');
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.join()).toMatch(/JSON/);
    expect(answer.body.errors?.join()).not.toContain("hunter2");
  });

  it("refuses deep nesting and stays up", async () => {
    const answer = await write(`{"data": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`);
    expect(answer.status).toBe(400);
    expect((await server.api.get("sys/health")).status).toBe(200);
  });

  it("refuses a body over the limit with 413", async () => {
    const answer = await write(`{"data": {"v": "${"x".repeat(40 * 1024 * 1024)}"}}`).catch((error: Error) => ({
      status: 413,
      error,
    }));
    expect(answer.status).toBe(413);
    expect((await server.api.get("sys/health")).status).toBe(200);
  });

  it("keeps __proto__, constructor and large integers exactly", async () => {
    const data =
      '{"__proto__":{"admin":true},"constructor":"c","n":9007199254740993,"e":1e400,"z":1.0,"10":"ten","2":"two"}';
    expect((await write(`{"data":${data}}`)).status).toBe(200);
    const answer = await root.get("secret/data/open/body");
    expect(answer.text).toContain(data);
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
  });

  it("refuses a wrong check-and-set version and keeps what is there", async () => {
    const before = await root.get("secret/data/open/body");
    const answer = await root.post("secret/data/open/body", { data: { v: 2 }, options: { cas: 99 } });
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.join()).toMatch(/check-and-set/);
    expect((await root.get("secret/data/open/body")).body.data).toEqual(before.body.data);
  });
});

describe("paths", () => {
  it("answers an unknown path with 404 to root and 403 to everybody else", async () => {
    expect((await root.get("nowhere/x")).status).toBe(404);
    expect((await root.get("nowhere/x", { token: await readerToken() })).status).toBe(403);
    expect((await server.api.get("nowhere/x")).status).toBe(403);
    expect((await server.api.get("secret/data/x")).status).toBe(403);
  });

  it.each([
    "/v1/secret/data/open/../closed/x",
    "/v1/secret/data/open/%2e%2e/closed/x",
    "/v1/secret/data/open/%2E%2E/closed/x",
    "/v1/secret/data//open/x",
    "/v1/secret/data/open/%00x",
    "/v1/secret/data/open/%ff%fe",
    "/v1/secret/data/open/..%2fclosed/x",
    "/v1/secret/./data/open/x",
  ])("refuses %s before any policy is asked", async (target) => {
    const token = await readerToken();
    for (const header of [`X-Vault-Token: ${token}`, `X-Vault-Token: ${initialized.rootToken}`]) {
      const answer = await raw(`GET ${target} HTTP/1.1\r\nHost: a\r\n${header}\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    }
  });

  it("decodes exactly once: %252e stays a name", async () => {
    await root.must("POST", "secret/data/open/%2541", { data: { v: "literal" } });
    const listed = await root.list("secret/metadata/open/");
    expect(listed.body.data?.keys).toContain("%41");
  });

  it("denies a path next to the granted one", async () => {
    expect((await server.api.get("secret/data/closed/x", { token: await readerToken() })).status).toBe(403);
  });
});
