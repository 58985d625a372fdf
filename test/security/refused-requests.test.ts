import { readFileSync } from "node:fs";
import type { Api } from "../support/api";
import { ServerProcess } from "../support/server-process";

jest.setTimeout(60_000);

/** What is refused leaves nothing behind: no entry in the log, no memory. */
let server: ServerProcess;
let root: Api;

beforeAll(async () => {
  server = await ServerProcess.start();
  root = server.api.with((await server.initialize()).rootToken);
  await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await root.must("POST", "sys/mounts/plain", { type: "kv" });
  for (const type of ["userpass", "approle"]) await root.must("POST", `sys/auth/${type}`, { type });
  await root.must("POST", "secret/data/a", { data: { v: 1 } });
  await root.must("POST", "auth/userpass/users/ada", { password: "difficult" });
  await root.must("POST", "auth/approle/role/app", { token_policies: "default" });
});

afterAll(async () => {
  root?.close();
  await server?.destroy();
});

/** Index of the last entry of the log: every durable change makes one. */
async function lastIndex(): Promise<number> {
  return Number((await server.api.get("sys/leader")).body.last_wal);
}

interface Refused {
  readonly call: string;
  readonly body?: unknown;
  readonly as?: "root" | "stranger";
}

const requests: readonly Refused[] = [
  { call: "POST secret/data/a", body: { data: { v: 2 }, options: { cas: 7 } } },
  { call: "POST secret/data/a", body: { data: "text" } },
  { call: "POST secret/data/a", body: '{"data":{"v":2}' },
  { call: "POST secret/data/", body: { data: {} } },
  { call: "PATCH secret/data/a", body: { data: { v: 2 } } },
  { call: "POST secret/config", body: { max_versions: "many" } },
  { call: "POST plain/a", body: {} },
  { call: "POST plain/a", body: { v: 1 }, as: "stranger" },
  { call: "DELETE secret/metadata/a", as: "stranger" },
  { call: "POST sys/mounts/secret", body: { type: "kv" } },
  { call: "POST sys/mounts/secret/inner", body: { type: "kv" } },
  { call: "POST sys/mounts/secret/tune", body: { default_lease_ttl: "2h", max_lease_ttl: "1h" } },
  { call: "DELETE sys/mounts/sys" },
  { call: "PUT sys/policies/acl/p", body: { policy: "path {" } },
  { call: "PUT sys/policies/acl/root", body: { policy: "" } },
  { call: "DELETE sys/policies/acl/default" },
  { call: "POST auth/token/create", body: { ttl: "soon" } },
  { call: "POST auth/token/create", body: { type: "batch", period: "1h" } },
  { call: "POST auth/token/create/absent", body: {} },
  { call: "POST auth/token/revoke", body: { token: "hvs.absent" }, as: "stranger" },
  { call: "POST auth/userpass/login/ada", body: { password: "wrong" }, as: "stranger" },
  { call: "POST auth/userpass/users/eve", body: {} },
  { call: "POST auth/approle/role/bad", body: { bind_secret_id: false } },
  { call: "POST auth/approle/login", body: { role_id: "wrong", secret_id: "wrong" }, as: "stranger" },
  { call: "POST sys/wrapping/unwrap", body: { token: "hvs.absent" }, as: "stranger" },
  { call: "POST sys/audit/odd", body: { type: "pigeon" } },
  { call: "POST sys/remount", body: { from: "absent", to: "other" } },
  { call: "POST sys/replication/performance/secondary/enable", body: { token: "nonsense" } },
];

test.each(requests)("$call: refused without a durable effect", async ({ call, body, as }) => {
  const [method = "", path = ""] = call.split(" ");
  const before = await lastIndex();
  const caller = as === "stranger" ? server.api : root;
  const answer = await caller.send(method, path, body);
  expect([answer.status >= 400 && answer.status < 500, answer.text.length < 1_000]).toEqual([true, true]);
  expect(await lastIndex()).toBe(before);
});

test("strangers with large bodies and many names do not fill the memory", async () => {
  const before = residentMebibytes();
  const large = "x".repeat(8 * 1024 * 1024);
  for (let round = 0; round < 12; round += 1) {
    const bodies = [1, 2].map(() =>
      server.api.send("POST", "secret/data/a", `{"data":{"v":"${large}"}}`).catch(() => undefined),
    );
    await Promise.all(bodies);
  }
  for (let round = 0; round < 20; round += 1) {
    const names = Array.from({ length: 200 }, (_, at) =>
      server.api.get(`nowhere/${round}/${at}/${"n".repeat(500)}`, { token: `hvs.${round}.${at}` }),
    );
    await Promise.all(names);
  }
  expect(residentMebibytes() - before).toBeLessThan(250);
  expect((await server.api.get("sys/health")).status).toBe(200);
});

function residentMebibytes(): number {
  const line = readFileSync(`/proc/${server.pid}/status`, "utf8").match(/VmRSS:\s+(\d+) kB/);
  return Number(line?.[1]) / 1024;
}
