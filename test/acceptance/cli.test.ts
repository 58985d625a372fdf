import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ServerProcess } from "../support/server-process";
import { type Environment, row, Shell } from "./cli-process";

jest.setTimeout(60_000);

let shell: Shell;
let plain: string;
let secure: string;
let authority: string;
let root: Environment;

beforeAll(async () => {
  shell = await Shell.open();
  const [http, https] = await Promise.all([shell.devServer(), shell.devServer("-dev-tls")]);
  [plain, secure] = [http.address, https.address];
  authority = /CACERT='([^']+)'/.exec(https.printed)?.[1] ?? "";
  root = { MERIDIAN_ADDR: plain, MERIDIAN_TOKEN: "root" };
});

afterAll(async () => {
  const codes = await shell.close();
  expect(codes).toEqual([0, 0]);
});

const as = (args: readonly string[], input = "") => shell.meridian(args, root, input);

describe("every command in both formats, with both spellings of flags", () => {
  test("status", async () => {
    const table = await shell.meridian(["status", "-address", plain]);
    expect(table).toMatchObject({ code: 0, error: "" });
    expect([row(table.out, "Seal Type"), row(table.out, "Sealed"), row(table.out, "Storage Type")]).toEqual([
      "shamir",
      "false",
      "inmem",
    ]);
    const json = await shell.meridian(["status", `--address=${plain}`, "--format", "json"]);
    expect(JSON.parse(json.out)).toMatchObject({ sealed: false, t: 1, replication_dr_mode: "disabled" });
  });

  test("write, read, list, delete", async () => {
    const path = "auth/userpass/users/lists";
    await as(["write", "-f", "sys/auth/userpass", "type=userpass"]);
    expect(await as(["write", path, "password=-", "token_policies=default", "token_ttl=2h"], "quiet")).toEqual({
      code: 0,
      out: `Success! Data written to: ${path}\n`,
      error: "",
    });
    const table = await as(["read", path]);
    expect([row(table.out, "token_ttl"), row(table.out, "token_policies")]).toEqual(["2h", "[default]"]);
    expect((await as(["read", "--field", "token_ttl", path])).out).toBe("7200");
    expect((await as(["read", path, "-field=token_policies", "-format=json"])).out).toBe('[\n  "default"\n]\n');
    expect(JSON.parse((await as(["read", path, "-format", "json"])).out)).toMatchObject({ data: { token_ttl: 7200 } });
    expect((await as(["list", "auth/userpass/users/"])).out).toBe("Keys\n----\nlists\n");
    expect((await as(["list", "--format=json", "auth/userpass/users"])).out).toBe('[\n  "lists"\n]\n');
    expect((await as(["delete", path])).out).toContain(`Data deleted (if it existed) at: ${path}`);
    expect(await as(["delete", path, "-format=json"])).toMatchObject({ code: 0, out: "{}\n" });
    expect(await as(["read", path])).toMatchObject({ code: 2, error: `No value found at ${path}\n` });
    expect(await as(["list", "auth/userpass/users"])).toMatchObject({ code: 2, out: "" });
  });

  test("kv put, get, list, delete with versions, files, input and check-and-set", async () => {
    await writeFile(join(shell.home, "pem"), "line 1\nline 2\n");
    const put = await as(
      ["kv", "put", "-cas=0", "secret/team/app", "user=a=b", `pem=@${shell.home}/pem`, "in=-"],
      "typed",
    );
    expect([put.code, row(put.out, "version"), put.out.split("\n")[1]]).toEqual([0, "1", "secret/data/team/app"]);
    expect((await as(["kv", "get", "-field=pem", "secret/team/app"])).out).toBe("line 1\nline 2\n");
    const cas = await as(["kv", "put", "--cas", "0", "secret/team/app", "user=hidden-value"]);
    expect(cas).toMatchObject({ code: 2, error: expect.stringContaining("check-and-set") });
    expect(cas.error).not.toContain("hidden-value");
    expect((await as(["kv", "put", "-mount=secret", "-field=version", "team/app", "user=new"])).out).toBe("2");
    const first = await as(["kv", "get", "secret/team/app", "-version", "1"]);
    expect(first.out).toMatch(/^=+ Secret Path =+\nsecret\/data\/team\/app\n\n=+ Metadata =+\nKey +Value\n/);
    expect(first.out).toMatch(/\n\n=+ Data =+\nKey +Value\n--- +-----\nin +typed\n/);
    expect((await as(["kv", "get", "--mount=secret", "--field=user", "team/app"])).out).toBe("new");
    expect((await as(["kv", "list", "secret"])).out).toBe("Keys\n----\nteam/\n");
    expect((await as(["kv", "list", "-mount=secret", "-format=json", "team"])).out).toBe('[\n  "app"\n]\n');
    expect(await as(["kv", "delete", "-versions=1", "secret/team/app"])).toMatchObject({ code: 0 });
    expect(await as(["kv", "get", "-version=1", "secret/team/app"])).toMatchObject({ code: 2 });
    expect(await as(["kv", "get", "-field=user", "secret/team/app"])).toMatchObject({ code: 0, out: "new" });
    expect(await as(["kv", "delete", "secret/team/app"])).toMatchObject({ code: 0 });
    expect(await as(["kv", "get", "secret/team/app"])).toMatchObject({
      code: 2,
      error: expect.stringContaining("this version was deleted at"),
    });
    expect(await as(["kv", "get", "secret/none"])).toMatchObject({
      code: 2,
      error: "No value found at secret/data/none\n",
    });
  });

  test("kv of version 1", async () => {
    await as(["write", "sys/mounts/old", "type=kv"]);
    expect((await as(["kv", "put", "old/app", "k=v"])).out).toBe("Success! Data written to: old/app\n");
    expect((await as(["kv", "get", "old/app"])).out).toBe("=== Data ===\nKey    Value\n---    -----\nk      v\n");
    expect((await as(["kv", "list", "old"])).out).toContain("app");
    expect(await as(["kv", "put", "-cas=1", "old/app", "k=v"])).toMatchObject({ code: 1 });
    expect(await as(["kv", "delete", "old/app"])).toMatchObject({ code: 0 });
    expect(await as(["kv", "get", "old/app"])).toMatchObject({ code: 2 });
  });

  test("JSON goes both ways without loss", async () => {
    const data = '{"big":12345678901234567890123,"__proto__":{"constructor":9007199254740993},"list":[1,"é\\u0000"]}';
    expect(await as(["kv", "put", "secret/exact", "-"], data)).toMatchObject({ code: 0 });
    const shown = await as(["kv", "get", "-format=json", "secret/exact"]);
    for (const part of ["12345678901234567890123", "9007199254740993", '"__proto__"', '"é\\u0000"'])
      expect(shown.out).toContain(part);
    expect(shown.out).toMatch(/^\{\n {2}"request_id": "/);
    expect((await as(["kv", "get", "-field=big", "secret/exact"])).out).toBe("12345678901234567890123");
  });

  test("path-help, version, help and mistyped commands", async () => {
    expect((await as(["path-help", "auth/userpass/users/x"])).out).toContain("## OPERATIONS");
    expect(JSON.parse((await as(["path-help", "--format=json", "sys/mounts"])).out)).toHaveProperty("openapi");
    expect((await as(["version"])).out).toMatch(/^Meridian v\d+\.\d+\.\d+\n$/);
    expect(JSON.parse((await as(["version", "-format=json"])).out)).toHaveProperty("version");
    expect((await as(["-help"])).out).toContain("replication status");
    expect((await as(["help", "kv"])).out).toContain("kv put");
    expect((await as(["kv", "put", "-h"])).out).toMatch(/^Usage: meridian kv put /);
    expect(await as(["stauts"])).toMatchObject({ code: 1, error: expect.stringContaining('Did you mean "status"?') });
    expect(await as([])).toMatchObject({ code: 1 });
  });
});

describe("login", () => {
  const file = () => join(shell.home, ".meridian-token");
  const nobody = () => ({ VAULT_ADDR: plain });

  beforeAll(async () => {
    await as(["write", "-f", "sys/auth/people", "type=userpass"]);
    await as(["write", "-f", "sys/auth/approle", "type=approle"]);
    await as(["write", "auth/people/users/mary", "password=mary-password"]);
    await as(["write", "-f", "auth/approle/role/app"]);
  });

  test("with a password from a pipe keeps the token, readable by nobody else", async () => {
    const args = ["login", "-method=userpass", "-path=people", "username=mary"];
    const shown = await shell.meridian(args, nobody(), "mary-password\n");
    expect(shown).toMatchObject({ code: 0, error: "" });
    expect(row(shown.out, "token_meta_username")).toBe("mary");
    const token = (await readFile(file(), "utf8")).trim();
    expect(((await stat(file())).mode & 0o777).toString(8)).toBe("600");
    expect(shown.out).not.toContain(token);
    const self = await shell.meridian(["read", "-field=path", "auth/token/lookup-self"], nobody());
    expect(self.out).toBe("auth/people/login/mary");
  });

  test("a wrong password is refused without being repeated", async () => {
    const args = ["login", "--method", "userpass", "--path", "people", "username=mary", "password=not-hers"];
    const refused = await shell.meridian(args, nobody());
    expect(refused).toMatchObject({ code: 2, error: expect.stringContaining("auth/people/login/mary") });
    expect(refused.error).not.toContain("not-hers");
  });

  test("with an AppRole, with a token, without keeping it", async () => {
    const roleId = await as(["read", "-field=role_id", "auth/approle/role/app/role-id"]);
    const secretId = await as(["write", "-f", "-field=secret_id", "auth/approle/role/app/secret-id"]);
    const args = ["login", "-method=approle", `role_id=${roleId.out}`, "secret_id=-", "-token-only"];
    const before = await readFile(file(), "utf8");
    const token = await shell.meridian(args, nobody(), secretId.out);
    expect(token).toMatchObject({ code: 0, out: expect.stringMatching(/^hvs\.\S+$/), error: "" });
    const shown = await shell.meridian(["login", "-no-store", "-format=json", token.out], nobody());
    expect(JSON.parse(shown.out)).toMatchObject({ data: { path: "auth/approle/login" } });
    expect(await readFile(file(), "utf8")).toBe(before);
    await shell.meridian(["login", "-"], nobody(), "root\n");
    expect(await readFile(file(), "utf8")).toBe("root\n");
    expect(await shell.meridian(["login", "hvs.wrong"], nobody())).toMatchObject({ code: 2 });
    expect(await readFile(file(), "utf8")).toBe("root\n");
  });
});

describe("TLS", () => {
  const tls = () => ({ MERIDIAN_ADDR: secure, MERIDIAN_TOKEN: "root" });

  test("the certificate is checked, unless told otherwise", async () => {
    const refused = await shell.meridian(["status"], tls());
    expect(refused).toMatchObject({ code: 1, error: expect.stringContaining("-ca-cert") });
    const ways: readonly (readonly [readonly string[], Environment])[] = [
      [["-ca-cert", authority], {}],
      [[`--ca-cert=${authority}`], {}],
      [["-tls-skip-verify"], {}],
      [[], { MERIDIAN_CACERT: authority }],
      [[], { VAULT_CACERT: authority }],
    ];
    for (const [flags, environment] of ways) {
      const read = await shell.meridian(["kv", "put", ...flags, "secret/tls", "k=v"], { ...tls(), ...environment });
      expect(read).toMatchObject({ code: 0, error: "" });
    }
  });

  test("the wrong scheme is recognised", async () => {
    const toPlain = await shell.meridian(["read", "a"], { MERIDIAN_ADDR: plain.replace("http:", "https:") });
    expect(toPlain).toMatchObject({ code: 2, error: expect.stringContaining("begins with http://") });
    const toSecure = await shell.meridian(["read", "a"], { MERIDIAN_ADDR: secure.replace("https:", "http:") });
    expect(toSecure).toMatchObject({ code: 2, error: expect.stringContaining("begins with https://") });
  });
});

describe("operator", () => {
  test("init, unseal, seal and what a sealed server answers", async () => {
    const server = await ServerProcess.start();
    try {
      const environment = { VAULT_ADDR: server.api.address };
      const run = (args: readonly string[], input = "") => shell.meridian(args, environment, input);
      expect(await run(["status"])).toMatchObject({ code: 2, out: expect.stringMatching(/^Initialized +false$/m) });
      const shown = await run(["operator", "init", "-key-shares=3", "--key-threshold", "2"]);
      const shares = [...shown.out.matchAll(/^Unseal Key \d: (\S+)$/gm)].map(([, share = ""]) => share);
      const token = /^Initial Root Token: (\S+)$/m.exec(shown.out)?.[1] ?? "";
      expect([shown.code, shares.length, token.slice(0, 4)]).toEqual([0, 3, "hvs."]);
      expect(await run(["operator", "init"])).toMatchObject({ code: 2 });
      const half = await run(["operator", "unseal", shares[0] ?? ""]);
      expect([row(half.out, "Sealed"), row(half.out, "Unseal Progress")]).toEqual(["true", "1/2"]);
      expect(row((await run(["operator", "unseal", "-reset"])).out, "Unseal Progress")).toBe("0/2");
      await run(["operator", "unseal"], `${shares[1]}\n`);
      const open = await run(["operator", "unseal", "--format=json", "-"], shares[2]);
      expect(JSON.parse(open.out)).toMatchObject({ sealed: false });
      expect((await run(["status"])).code).toBe(0);
      expect(await run(["operator", "seal"])).toMatchObject({ code: 2, error: expect.stringContaining("denied") });
      expect(await run(["operator", "seal", `-token=${token}`])).toMatchObject({ code: 0 });
      const sealed = await run(["read", "secret/a", `-token=${token}`]);
      expect(sealed).toMatchObject({ code: 2, error: expect.stringContaining("meridian operator unseal") });
      expect((await run(["status"])).code).toBe(2);
      const wrong = await run(["operator", "unseal", "c2VjcmV0LXNoYXJl"]);
      expect(wrong.code).toBe(2);
      expect(wrong.error).not.toContain("c2VjcmV0LXNoYXJl");
    } finally {
      await server.destroy();
    }
  });

  test("generate-root: begun, shares given, decoded; the token is a root token", async () => {
    const server = await ServerProcess.start();
    try {
      const made = await server.api.must("PUT", "sys/init", { secret_shares: 3, secret_threshold: 2 });
      const [rootToken, keys] = [String(made.root_token), made.keys_base64 as readonly string[]];
      await server.unseal(keys.slice(1));
      const environment = { VAULT_ADDR: server.api.address, VAULT_TOKEN: rootToken };
      const run = (args: readonly string[], input = "") =>
        shell.meridian(["operator", "generate-root", ...args], environment, input);
      expect(await run([], keys[0])).toMatchObject({ code: 1, error: expect.stringContaining("-init") });
      const begun = await run(["-init"]);
      expect(begun).toMatchObject({ code: 0, error: "", out: expect.stringContaining("not shown again") });
      expect([row(begun.out, "Progress"), row(begun.out, "OTP Length")]).toEqual(["0/2", "28"]);
      const [nonce, otp] = [row(begun.out, "Nonce"), row(begun.out, "OTP")];
      expect(await run(["-init"])).toMatchObject({ code: 2, error: expect.stringContaining("under way already") });
      await run(["-cancel", `-nonce=${nonce}`]);
      expect(row((await run(["-status"])).out, "Started")).toBe("false");
      const again = await run(["-init", `-otp=${otp}`, "-format=json"]);
      expect(JSON.parse(again.out)).toMatchObject({ started: true, otp: "", otp_length: 28 });
      const first = await run(["-"], keys[0]);
      expect([row(first.out, "Progress"), row(first.out, "Complete")]).toEqual(["1/2", "false"]);
      const done = await run([`-nonce=${JSON.parse(again.out).nonce}`], keys[1]);
      const encoded = row(done.out, "Encoded Token");
      expect([row(done.out, "Complete"), done.out.includes(String(otp))]).toEqual(["true", false]);
      const decoded = await run([`-decode=${encoded}`, `-otp=${otp}`]);
      expect(decoded).toMatchObject({ code: 0, error: "", out: expect.stringMatching(/^hvs\.\w{24}$/) });
      const facts = await server.api.with(decoded.out).must("GET", "auth/token/lookup-self");
      expect(facts.data).toMatchObject({ policies: ["root"], path: "auth/token/root" });
      expect(await run([`-decode=${encoded}`])).toMatchObject({ code: 1, error: expect.stringContaining("-otp") });
      expect(await run(["-init", "-status"])).toMatchObject({ code: 1, error: expect.stringContaining("exclude") });
      expect(await run(["-dr-token", "-init"])).toMatchObject({ code: 2, error: expect.stringContaining("not a DR") });
    } finally {
      await server.destroy();
    }
  });

  test("init of a server that unseals itself gives recovery shares, in JSON under both sets of names", async () => {
    const server = await ServerProcess.start({ sealKey: Buffer.alloc(32, 7).toString("base64"), storage: "inmem" });
    try {
      const args = ["operator", "init", "-recovery-shares=2", "-recovery-threshold=2", "-format=json"];
      const { code, out } = await shell.meridian(args, { VAULT_ADDR: server.api.address });
      const answer: Record<string, unknown> = JSON.parse(out);
      expect([code, answer.recovery_keys_shares, answer.keys_base64]).toEqual([0, 2, []]);
      expect(answer.recovery_keys_b64).toEqual(answer.recovery_keys_base64);
      expect(answer.recovery_keys_b64).toHaveLength(2);
    } finally {
      await server.destroy();
    }
  });
});

describe("server", () => {
  test("its arguments, exit code and process group are those of the command", async () => {
    const executable = join(shell.home, "other-server");
    await writeFile(executable, '#!/bin/sh\necho "$@"\nps -o pgid= -p $$,$PPID\nexit 7\n', { mode: 0o755 });
    const ended = await shell.meridian(["server", "-config=a b", "--x"], { MERIDIAN_SERVER: executable });
    const [args, ...groups] = ended.out.trim().split(/\s*\n\s*/);
    expect([ended.code, args, groups.length, new Set(groups).size]).toEqual([7, "-config=a b --x", 2, 1]);
  });

  test("the server beside the program is found, and a missing one is named", async () => {
    expect((await shell.meridian(["server", "-help"])).out).toMatch(/^Usage: meridian-server /);
    const missing = await shell.meridian(["server", "-dev"], { MERIDIAN_SERVER: "/nonexistent/server" });
    expect(missing).toMatchObject({ code: 1, error: expect.stringContaining("MERIDIAN_SERVER") });
    expect(await shell.meridian(["server", "-config=/nonexistent/file"])).toMatchObject({ code: 1 });
  });
});

test.each([
  [["read", "secret/data/a"], "meridian login", 2],
  [["read", "-token=root", "nowhere/a"], "no handler for route", 2],
  [["read", "-token=hvs.invalid", "secret/data/a"], "permission denied", 2],
  [["read", "-token=a b", "secret/data/a"], "the token holds a space", 1],
  [["write", "-token=root", "secret/data/a"], "-f to write without", 1],
  [["write", "-token=root", "sys/mounts/x", "type=no-such-engine"], "plugin not found in the catalog", 2],
  [["kv", "put", "secret/a", "just-a-password"], "argument 1 of the data", 1],
  [["read", "-address=http://127.0.0.1:1", "a"], "Is the server running", 2],
  [["read", "-address=http://mary:pw@127.0.0.1", "a"], "must not hold a name or a password", 1],
  [["read", "-ca-cert=/nonexistent", "a"], "/nonexistent cannot be read (ENOENT)", 1],
])("%j says what is wrong", async (args, text, code) => {
  const result = await shell.meridian(args, { MERIDIAN_ADDR: plain, HOME: "/nonexistent" });
  expect(result).toMatchObject({ code, out: "", error: expect.stringContaining(text) });
  expect(result.error).not.toMatch(/just-a-password|mary|hvs\.invalid|\n {4}at /);
});
