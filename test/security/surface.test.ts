import type { Api } from "../support/api";
import { ServerProcess } from "../support/server-process";

/**
 * What answers a caller without a token, per state of the node, as an explicit list (advisories about endpoints that answered
 * anybody on a standby, a secondary or a sealed node). A new entry here is a decision, not a by-product.
 */
const STATUS = ["GET sys/health", "GET sys/init", "GET sys/seal-status"];
const OPEN_WHILE_SEALED = [...STATUS, "POST sys/init", "POST sys/init/confirm", "POST sys/unseal"];
const OPEN = [
  ...OPEN_WHILE_SEALED,
  "GET sys/internal/specs/openapi",
  "GET sys/internal/ui/mounts",
  "GET sys/internal/ui/mounts/{path}",
  "GET sys/leader",
  "GET sys/replication/dr/status",
  "GET sys/replication/performance/status",
  "GET sys/replication/status",
  "GET sys/wrapping/lookup",
  "POST auth/approle/login",
  "POST auth/userpass/login/{username}",
  "POST sys/internal/specs/openapi",
  "POST sys/replication/dr/secondary/disable",
  "POST sys/replication/dr/secondary/promote",
  "POST sys/replication/dr/secondary/recover",
  "POST sys/replication/dr/secondary/update-primary",
  "POST sys/wrapping/lookup",
];

type Call = readonly [method: string, template: string];

let server: ServerProcess;
let root: Api;
let calls: readonly Call[];
let keys: readonly string[];

beforeAll(async () => {
  server = await ServerProcess.start();
  const other = await ServerProcess.start({ storage: "inmem" });
  try {
    calls = await declaredCalls(other);
  } finally {
    await other.destroy();
  }
}, 60_000);

afterAll(async () => {
  root?.close();
  await server?.destroy();
});

/** All routes of a server with every engine mounted, from its own description. */
async function declaredCalls(described: ServerProcess): Promise<readonly Call[]> {
  const api = described.api.with((await described.initialize()).rootToken);
  await mountAll(api);
  const { paths } = await api.must("GET", "sys/internal/specs/openapi");
  const found = Object.entries(paths as Record<string, Record<string, unknown>>).flatMap(([path, item]) =>
    ["get", "post", "delete", "patch"]
      .filter((verb) => verb in item)
      .map((verb): Call => [verb.toUpperCase(), mounted(path.slice(1))]),
  );
  api.close();
  return found;
}

const MOUNTS = new Map([
  ["{kv_v2_mount_path}", "secret"],
  ["{kv_v1_mount_path}", "plain"],
  ["{userpass_mount_path}", "userpass"],
  ["{approle_mount_path}", "approle"],
]);

function mounted(template: string): string {
  return template.replace(/\{\w+_mount_path\}/, (name) => MOUNTS.get(name) ?? name);
}

async function mountAll(api: Api): Promise<void> {
  await api.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await api.must("POST", "sys/mounts/plain", { type: "kv" });
  for (const type of ["userpass", "approle"]) await api.must("POST", `sys/auth/${type}`, { type });
}

/** Calls that anything but the one refusal of this state answers. */
async function answering(refusal: string): Promise<readonly string[]> {
  const open: string[] = [];
  for (const [method, template] of calls) {
    const path = template.replace(/\{[^}]+\}/g, "x");
    const body = method === "GET" || method === "DELETE" ? undefined : {};
    const answer = await server.api.send(method, path, body);
    if (`${answer.status} ${answer.text.trim()}` !== refusal) open.push(`${method} ${template}`);
  }
  return open.sort();
}

const DENIED = '403 {"errors":["permission denied"]}';
const SEALED = '503 {"errors":["Vault is sealed"]}';

test("the description names every mounted engine", () => {
  const templates = calls.map(([, template]) => template);
  expect(templates.length).toBeGreaterThan(100);
  for (const part of ["secret/data/{path}", "plain/{path}", "auth/approle/role/{role_name}", "cubbyhole/{path}"]) {
    expect(templates).toContain(part);
  }
});

test("not initialised", async () => {
  const refusal = await server.api.get("sys/mounts");
  expect(refusal.status).toBeGreaterThanOrEqual(400);
  expect(await answering(`${refusal.status} ${refusal.text.trim()}`)).toEqual([...OPEN_WHILE_SEALED].sort());
});

test("active", async () => {
  const made = await server.initialize();
  keys = made.keys;
  root = server.api.with(made.rootToken);
  await mountAll(root);
  expect(await answering(DENIED)).toEqual([...OPEN].sort());
});

test("active, with a token that is not one", async () => {
  const fake = server.api.with("hvs.AAAAAAAAAAAAAAAAAAAAAAAA");
  for (const path of ["secret/data/x", "sys/mounts", "auth/token/lookup-self", "nowhere/x"]) {
    const answer = await fake.get(path);
    expect([path, answer.status, answer.body.errors?.join()]).toEqual([
      path,
      403,
      expect.stringMatching(/permission denied/),
    ]);
  }
  fake.close();
});

test("sealed", async () => {
  await root.must("PUT", "sys/seal");
  expect(await answering(SEALED)).toEqual([...OPEN_WHILE_SEALED].sort());
  await server.unseal(keys);
});

describe("an outsider learns nothing of what exists (CVE-2020-25594)", () => {
  const pairs = [
    ["secret/data/x", "nope/data/x"],
    ["secret/metadata/x", "nope/metadata/x"],
    ["auth/userpass/users/x", "auth/nope/users/x"],
    ["auth/approle/role/x", "auth/nope/role/x"],
  ] as const;

  it.each(pairs.flatMap((pair) => ["GET", "LIST", "POST", "DELETE"].map((method) => [method, ...pair] as const)))(
    "%s %s is %s",
    async (method, mounted, missing) => {
      const body = method === "POST" ? {} : undefined;
      const one = await server.api.send(method, mounted, body);
      const two = await server.api.send(method, missing, body);
      const shape = ({ status, text, headers }: typeof one): unknown => [status, text, { ...headers, date: "" }];
      expect(shape(one)).toEqual(shape(two));
    },
  );

  it("a user that exists and one that does not (CVE-2020-35177)", async () => {
    await root.must("POST", "auth/userpass/users/ada", { password: "difficult" });
    const known = await server.api.post("auth/userpass/login/ada", { password: "wrong" });
    const unknown = await server.api.post("auth/userpass/login/eve", { password: "wrong" });
    expect([known.status, known.text]).toEqual([unknown.status, unknown.text]);
  });
});
