import type { Api, ApiAnswer, ApiOptions } from "../support/api";
import { ServerProcess } from "../support/server-process";

let server: ServerProcess;
let root: Api;

beforeAll(async () => {
  server = await ServerProcess.start({ storage: "inmem" });
  root = server.api.with((await server.initialize()).rootToken);
  await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await root.must("POST", "secret/data/a/b", { data: { html: "<b>&</b>" } });
}, 60_000);

afterAll(async () => {
  root?.close();
  await server?.destroy();
});

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

test("the envelope has its members in their order, one line, HTML escaped", async () => {
  const { text, body } = await root.get("secret/data/a/b");
  const order = ["request_id", "lease_id", "renewable", "lease_duration", "data", "wrap_info", "warnings", "auth"];
  expect(Object.keys(body).filter((name) => order.includes(name))).toEqual(order);
  expect(body.request_id).toMatch(UUID);
  expect(text.endsWith("}\n")).toBe(true);
  expect(text).toContain("\\u003cb\\u003e\\u0026\\u003c/b\\u003e");
});

/** Every status with its body's shape; the headers are the same on all of them. */
interface Sent {
  readonly status: number;
  readonly call: string;
  readonly body?: unknown;
  readonly options?: ApiOptions;
}

const answers: readonly Sent[] = [
  { status: 200, call: "GET secret/data/a/b" },
  { status: 204, call: "POST sys/policies/acl/p", body: { policy: 'path "x" { capabilities = ["read"] }' } },
  { status: 400, call: "POST secret/data/a/b", body: "{" },
  { status: 403, call: "GET secret/data/a/b", options: { token: "hvs.absent" } },
  { status: 404, call: "GET secret/data/absent" },
  { status: 404, call: "GET nowhere/x" },
  { status: 405, call: "POST sys/seal-status", body: {} },
  { status: 405, call: "OPTIONS secret/data/a/b" },
  { status: 415, call: "PATCH secret/data/a/b", body: { data: {} } },
];

test.each(answers)("$status $call: JSON, never stored, errors without an envelope", async (sent) => {
  const [method = "", path = ""] = sent.call.split(" ");
  const answer = await root.send(method, path, sent.body, sent.options);
  expect(answer.status).toBe(sent.status);
  expect(answer.headers["content-type"]).toBe("application/json");
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect(answer.headers["strict-transport-security"]).toMatch(/max-age=\d+/);
  if (sent.status >= 400) expect(Object.keys(answer.body)).toEqual(["errors"]);
});

test.each([
  ["PUT", "POST"],
  ["LIST", "GET"],
])("%s is the same as %s where the API says so", async (verb, other) => {
  if (verb === "PUT") {
    const one = await root.send(verb, "secret/data/verbs", { data: { v: 1 } });
    const two = await root.send(other, "secret/data/verbs", { data: { v: 1 } });
    expect([one.status, two.status, two.body.data?.version]).toEqual([200, 200, 2]);
    return;
  }
  const listed = await root.send(verb, "secret/metadata/a");
  for (const value of ["true", "1", "t", "TRUE", "T", "True"]) {
    const asked = await root.send(other, `secret/metadata/a?list=${value}`);
    expect(asked.body.data).toEqual(listed.body.data);
  }
});

test("one connection carries LIST between other verbs", async () => {
  const statuses: number[] = [];
  for (const method of ["LIST", "GET", "LIST", "POST", "LIST"]) {
    const path = method === "LIST" ? "secret/metadata/a" : "secret/data/a/b";
    const body = method === "POST" ? { data: { html: "<b>&</b>" } } : undefined;
    statuses.push((await root.send(method, path, body)).status);
  }
  expect(statuses).toEqual([200, 200, 200, 200, 200]);
});

const credentials: readonly (readonly [
  name: string,
  headers: (token: string) => Record<string, string>,
  status: number,
])[] = [
  ["X-Vault-Token", (token) => ({ "X-Vault-Token": token }), 200],
  ["Bearer", (token) => ({ Authorization: `Bearer ${token}` }), 200],
  ["bearer", (token) => ({ authorization: `bearer ${token}` }), 200],
  ["Basic", (token) => ({ Authorization: `Basic ${token}` }), 403],
  ["both, the same", (token) => ({ "X-Vault-Token": token, Authorization: `Bearer ${token}` }), 200],
  ["both, different", (token) => ({ "X-Vault-Token": token, Authorization: "Bearer other" }), 400],
  ["none", () => ({}), 403],
];

test.each(credentials)("a token in %s", async (_name, headers, status) => {
  const answer = await server.api.get("auth/token/lookup-self", { headers: headers(root.token ?? "") });
  expect(answer.status).toBe(status);
});

test.each([
  ["service", {}, /^hvs\.[A-Za-z0-9_-]{24,}$/],
  ["batch", { type: "batch", no_parent: true, ttl: "1h", policies: ["default"] }, /^hvb\.[A-Za-z0-9_-]{24,}$/],
])("a %s token looks as clients expect", async (_kind, body, look) => {
  const { auth } = await root.must("POST", "auth/token/create", body);
  expect(auth?.client_token).toMatch(look);
  expect(String(auth?.accessor)).toMatch("type" in body ? /^$/ : /^[A-Za-z0-9]{24}$/);
});

test.each(["X-Vault-Request", "X-Vault-Policy-Override", "X-Vault-MFA", "X-Vault-No-Request-Forwarding"])(
  "%s is taken quietly",
  async (header) => {
    const answer = await root.get("secret/data/a/b", { headers: { [header]: "true" } });
    expect(answer.status).toBe(200);
  },
);

test("a parameter nobody knows is answered with a warning, one of the path with another", async () => {
  const { warnings } = await root.must("POST", "auth/token/create", { policies: ["default"], colour: "red", shape: 1 });
  expect(warnings).toContain("Endpoint ignored these unrecognized parameters: [colour shape]");
});

test.each(["-d without a type", "a form type with a JSON body", "a text type"])(
  "%s is parsed as JSON",
  async (name) => {
    const types: Record<string, Record<string, string>> = {
      "-d without a type": {},
      "a form type with a JSON body": { "Content-Type": "application/x-www-form-urlencoded" },
      "a text type": { "Content-Type": "text/plain" },
    };
    const answer = await root.post("secret/data/types", { data: { a: "1" } }, { headers: types[name] ?? {} });
    expect(answer.status).toBe(200);
  },
);

test("a form is taken field by field", async () => {
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  const answer = await root.send("POST", "auth/token/create", "ttl=600&policies=default", { headers });
  expect([answer.status, answer.body.auth?.lease_duration]).toEqual([200, 600]);
});

test.each(["60", "60s", "1m"])("X-Vault-Wrap-TTL %s wraps, and the reading is in the wrapping only", async (ttl) => {
  const answer: ApiAnswer = await root.get("secret/data/a/b", { headers: { "X-Vault-Wrap-TTL": ttl } });
  expect(answer.body).toMatchObject({
    data: null,
    request_id: "",
    wrap_info: { ttl: 60, creation_path: "secret/data/a/b" },
  });
  expect(answer.body.wrap_info?.creation_time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  expect(answer.text).not.toContain("html");
  const opened = await server.api.post("sys/wrapping/unwrap", {}, { token: String(answer.body.wrap_info?.token) });
  expect(opened.body.data).toMatchObject({ data: { html: "<b>&</b>" } });
  expect(opened.body.request_id).toMatch(UUID);
});
