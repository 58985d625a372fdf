import type { Api } from "../support/api";
import { rawConnection, rawExchange, statusesIn } from "../support/raw-http";
import { ServerProcess } from "../support/server-process";

let server: ServerProcess;
let root: Api;
let token: string;

beforeAll(async () => {
  server = await ServerProcess.start({ storage: "inmem" });
  token = (await server.initialize()).rootToken;
  root = server.api.with(token);
  await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await root.must("POST", "sys/mounts/plain", { type: "kv" });
  await root.must("POST", "secret/data/a", { data: { v: "visible" } });
}, 60_000);

afterAll(async () => {
  root?.close();
  await server?.destroy();
});

const GET = "GET /v1/secret/data/a HTTP/1.1\r\n";
const HOST = "Host: a\r\n";

describe("headers that can be read in two ways", () => {
  it.each([
    ["two tokens", () => `${GET}${HOST}X-Vault-Token: ${token}\r\nX-Vault-Token: other\r\n\r\n`],
    ["the same token twice", () => `${GET}${HOST}X-Vault-Token: ${token}\r\nx-vault-token: ${token}\r\n\r\n`],
    ["two authorizations", () => `${GET}${HOST}Authorization: Bearer ${token}\r\nAuthorization: Bearer b\r\n\r\n`],
    ["a token and another bearer", () => `${GET}${HOST}X-Vault-Token: ${token}\r\nAuthorization: Bearer b\r\n\r\n`],
    ["two hosts", () => `${GET}${HOST}Host: b\r\nX-Vault-Token: ${token}\r\n\r\n`],
    ["no host", () => `${GET}X-Vault-Token: ${token}\r\n\r\n`],
    ["two lengths", () => `POST /v1/plain/x HTTP/1.1\r\n${HOST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
    [
      "a length and chunks",
      () => `POST /v1/plain/x HTTP/1.1\r\n${HOST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      "a blank before the colon",
      () => `POST /v1/plain/x HTTP/1.1\r\n${HOST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
    ],
    ["a folded line", () => `${GET}${HOST}X-Vault-Token:\r\n ${token}\r\n\r\n`],
    ["bare line feeds", () => `GET /v1/secret/data/a HTTP/1.1\nHost: a\nX-Vault-Token: ${token}\n\n`],
    ["a signed length", () => `POST /v1/plain/x HTTP/1.1\r\n${HOST}Content-Length: +2\r\n\r\n{}`],
    ["a control character in a value", () => `${GET}${HOST}X-Vault-Token: ${token}\x00\r\n\r\n`],
    [
      "a target that is a URL",
      () => `GET http://b/v1/secret/data/a HTTP/1.1\r\n${HOST}X-Vault-Token: ${token}\r\n\r\n`,
    ],
  ])("%s: refused, and the connection ends", async (_name, bytes) => {
    const hidden = `${GET}${HOST}X-Vault-Token: ${token}\r\n\r\n`;
    const answer = await rawExchange(server.port, bytes() + hidden);
    expect(statusesIn(answer)).toHaveLength(1);
    expect([400, 501]).toContain(statusesIn(answer)[0]);
    expect(answer).not.toContain("visible");
  });

  it("tokens joined by a comma are no token", async () => {
    const answer = await root.get("secret/data/a", { headers: { "X-Vault-Token": `${token}, other` } });
    expect(answer.status).toBe(400);
  });

  it.each(["__proto__", "constructor", "hasOwnProperty", "toString"])("a header named %s is a header", async (name) => {
    const answer = await rawExchange(server.port, `${GET}${HOST}${name}: x\r\nX-Vault-Token: ${token}\r\n\r\n`);
    expect(statusesIn(answer)).toEqual([200]);
  });

  it.each(["%00", "%zz", "%2f..%2f", "\\..\\b", "a%0ab", "%e2%80%8b%ff", "..;/a"])(
    "a path with %s is refused",
    async (part) => {
      const answer = await rawExchange(
        server.port,
        `GET /v1/secret/data/${part} HTTP/1.1\r\n${HOST}X-Vault-Token: ${token}\r\n\r\n`,
      );
      expect([400, 404]).toContain(statusesIn(answer)[0]);
    },
  );
});

describe("names of JavaScript's own", () => {
  const NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];
  const poison = Object.fromEntries(NAMES.map((name) => [name, { polluted: "yes" }]));
  const body = `{"__proto__":{"polluted":"yes"},${JSON.stringify(poison).slice(1)}`;

  it.each(NAMES)("%s as key, user, role, policy and mount", async (name) => {
    await root.must("POST", `secret/data/${name}`, { data: { [`${name}x`]: 1 } });
    expect((await root.get(`secret/data/${name}`)).body.data).toMatchObject({ data: { [`${name}x`]: 1 } });
    for (const path of [
      `sys/policies/acl/${name}`,
      `sys/mounts/${name}`,
      `auth/token/roles/${name}`,
      `nowhere/${name}`,
    ]) {
      expect((await root.get(path)).status).toBeGreaterThanOrEqual(400);
    }
    const created = await root.post("auth/token/create", { policies: [name], meta: { [`${name}x`]: "v" } });
    expect(created.status).toBe(200);
  });

  it("as members of the body of every route: nothing breaks, nothing sticks", async () => {
    const { paths } = await root.must("GET", "sys/internal/specs/openapi");
    const posts = Object.entries(paths as Record<string, object>).filter(([, item]) => "post" in item);
    expect(posts.length).toBeGreaterThan(50);
    const failed: string[] = [];
    const skipped = /sys\/(seal|rotate|init|unseal|replication)|revoke-self/;
    for (const [template] of posts.filter(([path]) => !skipped.test(path))) {
      const path = template
        .slice(1)
        .replace(/\{kv_v2_mount_path\}/, "secret")
        .replace(/\{kv_v1_mount_path\}/, "plain");
      const answer = await root.send("POST", path.replace(/\{[^}]+\}/g, "__proto__"), body);
      if (answer.status >= 500) failed.push(`${template}: ${answer.status} ${answer.text}`);
    }
    expect(failed).toEqual([]);
    const answer = await root.get("sys/health");
    expect(answer.text).not.toContain("polluted");
    expect((await root.get("auth/token/lookup-self")).text).not.toContain("polluted");
  });
});

describe("numbers", () => {
  it.each(["9007199254740993", "1e400", "-0", "1.0", "0.1e-7", "9".repeat(1000)])(
    "%s comes back as it was",
    async (number) => {
      for (const [write, read, wrap] of [
        ["secret/data/n", "secret/data/n", (n: string) => `{"data":{"n":${n}}}`],
        ["plain/n", "plain/n", (n: string) => `{"n":${n}}`],
      ] as const) {
        expect((await root.send("POST", write, wrap(number))).status).toBeLessThan(300);
        expect((await root.get(read)).text).toContain(`"n":${number}`);
      }
    },
  );
});

describe("documents made to be expensive, while the health check stays fast", () => {
  const MEBIBYTE = 1024 * 1024;
  const documents: readonly (readonly [string, () => string])[] = [
    ["a million empty objects", () => `{"data":{"a":[${"{},".repeat(MEBIBYTE)}{}]}}`],
    ["a million empty lists", () => `{"data":{"a":[${"[],".repeat(MEBIBYTE)}[]]}}`],
    ["five million levels", () => "[".repeat(5 * MEBIBYTE)],
    ["half a million members", () => `{"data":{${Array.from({ length: 500_000 }, (_, at) => `"${at}":1`).join(",")}}}`],
    [
      "members like array indexes",
      () => `{"data":{${Array.from({ length: 100_000 }, (_, at) => `"${at * 65_536}":1`).join(",")}}}`,
    ],
    ["a number of a million digits", () => `{"data":{"n":${"9".repeat(MEBIBYTE)}}}`],
    ["twenty million characters of text", () => `{"data":{"t":"${"\\u0041".repeat(3 * MEBIBYTE)}"}}`],
  ];

  it.each(documents)("%s", async (_name, make) => {
    const attacks = [root.send("POST", "secret/data/big", make()), server.api.send("POST", "secret/data/big", make())];
    let slowest = 0;
    const settled = Promise.allSettled(attacks);
    let done = false;
    void settled.then(() => {
      done = true;
    });
    while (!done) {
      const started = performance.now();
      expect((await server.api.get("sys/health")).status).toBe(200);
      slowest = Math.max(slowest, performance.now() - started);
    }
    const statuses = (await settled).map((result) => (result.status === "fulfilled" ? result.value.status : 413));
    expect(statuses[1]).toBeGreaterThanOrEqual(400);
    expect(statuses[0]).not.toBe(500);
    expect(slowest).toBeLessThan(500);
  });
});

describe("connections", () => {
  it("one that never finishes its head does not hold up others", async () => {
    const idle = await Promise.all(Array.from({ length: 200 }, () => rawConnection(server.port)));
    for (const socket of idle) socket.write("GET /v1/sys/health HTTP/1.1\r\nHost: a\r\nX-A: ");
    const started = performance.now();
    expect((await server.api.get("sys/health")).status).toBe(200);
    expect(performance.now() - started).toBeLessThan(500);
    for (const socket of idle) socket.destroy();
  });

  it.each([
    ["a request line that does not end", `GET /v1/${"a".repeat(20_000)}`],
    ["a header without end", `${GET}${HOST}X-A: ${"a".repeat(40_000)}`],
    ["ten thousand headers", `${GET}${HOST}${"X-A: b\r\n".repeat(10_000)}`],
  ])("%s is cut off", async (_name, bytes) => {
    const answer = await rawExchange(server.port, bytes);
    expect([400, 414, 431]).toContain(statusesIn(answer)[0]);
  });

  it("a method that nobody knows, and HTTP of other versions", async () => {
    for (const [line, status] of [
      ["BREW /v1/secret/data/a HTTP/1.1", 405],
      ["GET /v1/sys/health HTTP/2.0", 505],
      ["GET /v1/sys/health", 400],
      ["PRI * HTTP/2.0\r\n\r\nSM\r\n", 505],
    ] as const) {
      const answer = await rawExchange(server.port, `${line}\r\n${HOST}X-Vault-Token: ${token}\r\n\r\n`);
      expect([line, statusesIn(answer)[0]]).toEqual([line, status]);
    }
    expect((await server.api.get("sys/health")).status).toBe(200);
  });
});
