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
  readonly namespace: string | string[] | undefined;
  readonly body: string;
}

let server: Server;
let home: string;
let address: string;
let seen: Seen[];
/** What the peer answers next, by path. */
let answers: Map<string, { readonly status: number; readonly body: string }>;
/** What it answers before those, whatever the path. */
let passing: { readonly status: number; readonly body: string }[];

async function bodyOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "cli-"));
  [seen, answers, passing] = [[], new Map(), []];
  server = createServer(async (message, response) => {
    const token = message.headers["x-vault-token"];
    const url = message.url ?? "";
    seen.push({
      method: message.method ?? "",
      url,
      token: Array.isArray(token) ? token[0] : token,
      namespace: message.headers["x-vault-namespace"],
      body: await bodyOf(message),
    });
    const { status, body } = passing.shift() ?? answers.get(url) ?? { status: 404, body: '{"errors":[]}' };
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
    isInteractive: true,
    readInput: async () => Buffer.from("from input"),
    readSecret: async () => "typed",
    readFile: async (path) => Buffer.from(`content of ${path}`),
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
  const login = await meridian(["login", "-"], { readSecret: async () => "t-login\n" });
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
      readFile: async (path) =>
        Buffer.from(path === "all.json" ? '{"n":12345678901234567890.5}' : `content of ${path}`),
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
  answers.set("/v1/sys/internal/ui/mounts/team/kv/app", {
    status: 200,
    body: '{"data":{"path":"team/kv/","options":{"version":"2"}}}',
  });
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

test("status is 2 while sealed, 1 without an answer, and adds what health tells", async () => {
  answers.set("/v1/sys/health", { status: 503, body: '{"sealed":true,"replication_dr_mode":"secondary"}' });
  answers.set("/v1/sys/seal-status", { status: 200, body: '{"sealed":true,"t":3,"progress":1}' });
  const sealed = await meridian(["status"]);
  expect(sealed.code).toBe(2);
  expect(sealed.out).toMatch(/^Unseal Progress +1\/3$/m);
  expect(sealed.out).toMatch(/^Replication DR +secondary$/m);
  answers.set("/v1/sys/seal-status", { status: 200, body: '{"sealed":false,"t":3}' });
  expect(await meridian(["status", "-format=json"])).toMatchObject({
    code: 0,
    out: '{\n  "sealed": false,\n  "replication_dr_mode": "secondary",\n  "t": 3\n}\n',
  });
  expect(await meridian(["status", "-address=http://127.0.0.1:1"])).toMatchObject({ code: 1 });
});

test("flags of every command may stand before it, and help comes in three spellings", async () => {
  answers.set("/v1/a", { status: 200, body: '{"request_id":"r","data":{"k":"v"}}' });
  expect(await meridian(["-format", "json", "--token=t", "read", "-field=k", "a"])).toMatchObject({ out: '"v"\n' });
  expect(seen[0]?.token).toBe("t");
  const asked = [
    ["help", "kv", "get"],
    ["kv", "get", "--help"],
    ["kv", "get", "-h"],
  ];
  const texts = await Promise.all(asked.map(async (args) => (await meridian(args)).out));
  expect(new Set(texts).size).toBe(1);
  expect((await meridian(["kv", "-h"])).out).toContain("kv delete");
});

test("the namespace comes from the flag, then the environment", async () => {
  await meridian(["read", "-namespace=team", "a"]);
  await meridian(["read", "a"], { environment: { HOME: home, VAULT_ADDR: address, VAULT_NAMESPACE: "other" } });
  await meridian(["read", "a"]);
  expect(seen.map(({ namespace }) => namespace)).toEqual(["team", "other", undefined]);
});

test("a change of role passes by itself, a seal does not", async () => {
  answers.set("/v1/a", { status: 200, body: '{"data":{"k":"v"}}' });
  const waiting = '{"errors":["the cluster is changing its role"]}';
  passing = [
    { status: 503, body: waiting },
    { status: 412, body: waiting },
  ];
  expect(await meridian(["write", "-field=k", "a", "x=y"])).toMatchObject({ code: 0, out: "v\n" });
  expect(seen.map(({ body }) => body)).toEqual(Array(3).fill('{"x":"y"}'));
  passing = [{ status: 503, body: '{"errors":["Vault is sealed"]}' }];
  expect(await meridian(["read", "a"])).toMatchObject({ code: 2 });
});

test("a refusal keeps long paths readable and hides tokens in them", async () => {
  const long = "sys/replication/performance/primary/secondary-token/of/a/long/name";
  answers.set(`/v1/${long}`, { status: 404, body: JSON.stringify({ errors: [`no handler for route "${long}"`] }) });
  const refused = await meridian(["read", long]);
  expect(refused.error).toContain(`/v1/${long}\n`);
  expect(refused.error).toContain(`no handler for route "${long}"`);
  answers.set("/v1/lookup/hvs.AAAAAAAAAAAAAAAAAAAA", { status: 403, body: '{"errors":["permission denied"]}' });
  expect((await meridian(["read", "lookup/hvs.AAAAAAAAAAAAAAAAAAAA"])).error).not.toContain("hvs.A");
});

test("a mistyped command or flag is told what was meant, without its value", async () => {
  expect((await meridian(["wrte", "a"])).error).toContain('Did you mean "write"?');
  expect((await meridian(["kv", "gte", "a"])).error).toContain('Did you mean "kv get"?');
  const flag = await meridian(["read", "-tokn=hvs.AAAAAAAAAAAAAAAAAAAA", "a"]);
  expect(flag).toMatchObject({ code: 1, error: expect.stringContaining("did you mean -token?") });
  const early = await meridian(["-tokn=hvs.AAAAAAAAAAAAAAAAAAAA", "read", "a"]);
  expect(early.code).toBe(1);
  expect(flag.error + early.error).not.toContain("hvs.");
});

test("a refusal says what to do", async () => {
  answers.set("/v1/a", { status: 503, body: '{"errors":["Vault is sealed"]}' });
  expect((await meridian(["read", "a"])).error).toContain("meridian operator unseal");
  answers.set("/v1/a", { status: 403, body: '{"errors":["permission denied"]}' });
  const anonymous = await meridian(["read", "a"], { environment: { HOME: home, VAULT_ADDR: address } });
  expect(anonymous.error).toContain("meridian login");
  expect((await meridian(["read", "-address=http://127.0.0.1:1", "a"])).error).toContain("Is the server running");
});

test("what a script reads has no line end of ours", async () => {
  answers.set("/v1/a", { status: 200, body: '{"data":{"k":"line\\n"}}' });
  expect((await meridian(["read", "-field=k", "a"], { isInteractive: false })).out).toBe("line\n");
});

test("a deleted version shows its metadata and is no success", async () => {
  answers.set("/v1/sys/internal/ui/mounts/secret/app", {
    status: 200,
    body: '{"data":{"path":"secret/","options":{"version":"2"}}}',
  });
  answers.set("/v1/secret/data/app", {
    status: 404,
    body: '{"data":{"data":null,"metadata":{"version":2,"deletion_time":"2026-01-01T00:00:00Z"}}}',
  });
  const result = await meridian(["kv", "get", "secret/app"]);
  expect(result).toMatchObject({ code: 2, error: expect.stringContaining("was deleted at 2026-01-01T00:00:00Z") });
  expect(result.out).toMatch(/^version +2$/m);
});

test("exit codes tell wrong usage from a refusal", async () => {
  answers.set("/v1/no", { status: 403, body: '{"errors":["permission denied"]}' });
  expect(await meridian(["read"])).toMatchObject({ code: 1, error: expect.stringContaining("meridian read -help") });
  expect(await meridian(["read", "-nonsense", "a"])).toMatchObject({
    code: 1,
    error: expect.stringContaining("no flag -nonsense; known are -field"),
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

test("generate-root names the attempt before it asks for a share", async () => {
  const attempt = '{"started":true,"nonce":"n-1","progress":0,"required":2,"complete":false}';
  answers.set("/v1/sys/generate-root/attempt", { status: 200, body: attempt });
  answers.set("/v1/sys/generate-root/update", { status: 200, body: attempt });
  const prompts: string[] = [];
  const readSecret = async (prompt: string): Promise<string> => {
    prompts.push(prompt);
    return "typed";
  };
  expect((await meridian(["operator", "generate-root"], { readSecret })).code).toBe(0);
  expect((await meridian(["operator", "generate-root", "-nonce=n-2"], { readSecret })).code).toBe(0);
  expect(prompts).toEqual([expect.stringContaining("n-1"), expect.stringContaining("n-2")]);
  expect(seen.at(-1)?.body).toBe('{"key":"typed","nonce":"n-2"}');
});
