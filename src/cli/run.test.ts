import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Terminal } from "./command";
import { commands } from "./commands";
import { run } from "./run";

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly token: string | undefined;
  readonly body: string;
}

let server: Server;
let home: string;
let address: string;
let seen: Seen[];
/** What the peer answers next, by path. */
let answers: Map<string, { readonly status: number; readonly body: string }>;

async function bodyOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "cli-"));
  [seen, answers] = [[], new Map()];
  server = createServer(async (message, response) => {
    const token = message.headers["x-vault-token"];
    const url = message.url ?? "";
    seen.push({
      method: message.method ?? "",
      url,
      token: Array.isArray(token) ? token[0] : token,
      body: await bodyOf(message),
    });
    const { status, body } = answers.get(url) ?? { status: 404, body: '{"errors":[]}' };
    response.writeHead(status, { "Content-Type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  address = `http://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(home, { recursive: true, force: true });
});

async function meridian(args: readonly string[], more: Partial<Terminal> = {}) {
  const written = { out: "", error: "" };
  const terminal: Terminal = {
    environment: { HOME: home, MERIDIAN_ADDR: address, MERIDIAN_TOKEN: "t-env" },
    out: (text) => {
      written.out += text;
    },
    error: (text) => {
      written.error += text;
    },
    readInput: async () => "from input",
    readSecret: async () => "typed",
    readFile: async (path) => `content of ${path}`,
    ...more,
  };
  return { code: await run(args, terminal), ...written };
}

test.each([["-field=v"], ["--field=v"], ["-field", "v"], ["--field", "v"]])(
  "flags take one dash or two: %j",
  async (...flag) => {
    answers.set("/v1/secret/a", { status: 200, body: '{"data":{"v":12345678901234567890}}' });
    expect(await meridian(["read", ...flag, "secret/a"])).toEqual({
      code: 0,
      out: "12345678901234567890\n",
      error: "",
    });
    expect(await meridian(["read", "secret/a", ...flag])).toMatchObject({ code: 0 });
  },
);

test("the token comes from the flag, then the environment, then the file that login wrote", async () => {
  answers.set("/v1/a", { status: 200, body: '{"data":{}}' });
  answers.set("/v1/auth/token/lookup-self", {
    status: 200,
    body: '{"data":{"accessor":"acc","ttl":60,"policies":["default"]}}',
  });
  await meridian(["read", "-token=t-flag", "a"]);
  await meridian(["read", "a"]);
  await meridian(["read", "a"], { environment: { HOME: home, VAULT_ADDR: address, VAULT_TOKEN: "t-vault" } });
  const login = await meridian(["login", "-"], { readInput: async () => "t-login\n" });
  expect(login.out).not.toContain("t-login");
  expect(((await stat(join(home, ".meridian-token"))).mode & 0o777).toString(8)).toBe("600");
  await meridian(["read", "a"], { environment: { HOME: home, MERIDIAN_ADDR: address } });
  expect(seen.map(({ token }) => token)).toEqual(["t-flag", "t-env", "t-vault", "t-login", "t-login"]);
});

test("login with a password asks for it and keeps the token only", async () => {
  answers.set("/v1/auth/people/login/mary", {
    status: 200,
    body: '{"auth":{"client_token":"hvs.x","accessor":"a","lease_duration":10,"policies":["p"]}}',
  });
  const result = await meridian(["login", "-method=userpass", "-path=people", "username=mary"]);
  expect(result.code).toBe(0);
  expect(seen[0]?.body).toBe('{"password":"typed"}');
  expect(result.out + result.error).not.toMatch(/typed|hvs\.x/);
  expect(await readFile(join(home, ".meridian-token"), "utf8")).toBe("hvs.x\n");
});

test("write sends texts, files, input and whole JSON, digit for digit", async () => {
  answers.set("/v1/a", { status: 204, body: "" });
  const result = await meridian(
    ["write", "a", "k=v=w", "file=@f", "in=-", "twice=1", "twice=2", "__proto__=x", "@all.json"],
    {
      readFile: async (path) => (path === "all.json" ? '{"n":12345678901234567890.5}' : `content of ${path}`),
    },
  );
  expect(result).toMatchObject({ code: 0, out: "Success! Data written to: a\n" });
  expect(seen[0]?.body).toBe(
    '{"k":"v=w","file":"content of f","in":"from input","twice":["1","2"],"__proto__":"x","n":12345678901234567890.5}',
  );
});

test("write without data needs -f", async () => {
  answers.set("/v1/sys/x", { status: 200, body: '{"data":null,"warnings":["takes a while"]}' });
  expect(await meridian(["write", "sys/x"])).toMatchObject({ code: 1, error: expect.stringContaining("-f") });
  expect(await meridian(["write", "-f", "sys/x"])).toMatchObject({ code: 0, error: "Warning: takes a while\n" });
  expect(seen.map(({ body }) => body)).toEqual(["{}"]);
});

test("a wrapped answer shows its token, and -field gives it alone", async () => {
  answers.set("/v1/s", { status: 200, body: '{"data":null,"wrap_info":{"token":"eyJ","accessor":"a","ttl":1800}}' });
  expect((await meridian(["write", "s", "id=dc-b"])).out).toContain("wrapping_token");
  expect((await meridian(["write", "-field=token", "s", "id=dc-b"])).out).toBe("eyJ\n");
});

test("kv finds the engine and its version", async () => {
  answers.set("/v1/sys/internal/ui/mounts/team/kv/app", { status: 200, body: '{"data":{"path":"team/kv/"}}' });
  answers.set("/v1/sys/internal/ui/mounts/team/kv", { status: 200, body: '{"data":{"options":{"version":"2"}}}' });
  answers.set("/v1/team/kv/data/app", {
    status: 200,
    body: '{"data":{"data":{"a":"b"},"metadata":{"version":3},"version":4}}',
  });
  answers.set("/v1/team/kv/data/app?version=2", { status: 200, body: '{"data":{"data":{"a":"old"}}}' });
  expect((await meridian(["kv", "get", "-field=a", "team/kv/app"])).out).toBe("b\n");
  expect((await meridian(["kv", "get", "-version=2", "-field=a", "team/kv/app"])).out).toBe("old\n");
  expect((await meridian(["kv", "put", "-cas=3", "team/kv/app", "a=c"])).code).toBe(0);
  expect(seen.at(-1)).toMatchObject({ url: "/v1/team/kv/data/app", body: '{"data":{"a":"c"},"options":{"cas":3}}' });
});

test("status is 2 while sealed", async () => {
  answers.set("/v1/sys/seal-status", { status: 200, body: '{"sealed":true,"t":3}' });
  expect((await meridian(["status"])).code).toBe(2);
  answers.set("/v1/sys/seal-status", { status: 200, body: '{"sealed":false,"t":3}' });
  expect(await meridian(["status", "-format=json"])).toMatchObject({
    code: 0,
    out: '{\n  "sealed": false,\n  "t": 3\n}\n',
  });
});

test("exit codes tell wrong usage from a refusal", async () => {
  answers.set("/v1/no", { status: 403, body: '{"errors":["permission denied"]}' });
  expect(await meridian(["read"])).toMatchObject({ code: 1, error: expect.stringContaining("meridian read -help") });
  expect(await meridian(["read", "-nonsense", "a"])).toMatchObject({
    code: 1,
    error: expect.stringContaining("no flag -nonsense"),
  });
  expect(await meridian(["read", "-format=xml", "a"])).toMatchObject({ code: 1 });
  expect(await meridian(["fly"])).toMatchObject({ code: 1, error: expect.stringContaining('no command "fly"') });
  expect(await meridian(["read", "no"])).toMatchObject({
    code: 2,
    error: expect.stringContaining("permission denied"),
  });
  expect(await meridian(["read", "gone"])).toMatchObject({ code: 2, error: "No value found at gone\n" });
  const nowhere = await meridian(["read", "-address=http://127.0.0.1:1", "a"]);
  expect(nowhere).toMatchObject({ code: 2, error: expect.stringContaining("ECONNREFUSED") });
});

test("an error never repeats the secret that was sent", async () => {
  answers.set("/v1/sys/unseal", { status: 400, body: '{"errors":["share my-secret-share is wrong"]}' });
  const result = await meridian(["operator", "unseal", "my-secret-share"]);
  expect(result.code).toBe(2);
  expect(result.error).not.toContain("my-secret-share");
});

test.each(commands.map((command) => [command.words.join(" "), command] as const))(
  "%s explains itself",
  async (words, command) => {
    if (command.passThrough) return expect(command.details).toContain("-help");
    const { code, out } = await meridian([...words.split(" "), "-h"]);
    expect([code, out.startsWith(`Usage: meridian ${words}`)]).toEqual([0, true]);
  },
);
