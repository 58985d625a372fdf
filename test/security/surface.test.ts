import type { Api } from "../support/api";
import { ServerProcess } from "../support/server-process";
import {
  answering,
  type Call,
  DENIED,
  declaredCalls,
  mountAll,
  OPEN,
  OPEN_WHILE_SEALED,
  SEALED,
} from "./surface-calls";

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
  expect(await answering(server, calls, `${refusal.status} ${refusal.text.trim()}`)).toEqual(
    [...OPEN_WHILE_SEALED].sort(),
  );
});

test("active", async () => {
  const made = await server.initialize();
  keys = made.keys;
  root = server.api.with(made.rootToken);
  await mountAll(root);
  expect(await answering(server, calls, DENIED)).toEqual([...OPEN].sort());
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
  expect(await answering(server, calls, SEALED)).toEqual([...OPEN_WHILE_SEALED].sort());
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
