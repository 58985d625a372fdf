import type { Api, ApiAnswer } from "../support/api";
import { ReplicationSet } from "../support/replication-set";
import { eventually } from "../support/server-process";

/** What a performance and a DR secondary hold and serve: one row for each thing, on both kinds, on real servers. */
let set: ReplicationSet;
/** A user's token on the primary, with something in its cubbyhole. */
let anna: Api;
let annaExpires: unknown;

beforeAll(async () => {
  set = await ReplicationSet.start(prepare);
  const login = await set.servers.a.api.must("POST", "auth/userpass/login/anna", { password: "anna-password" });
  anna = set.servers.a.api.with(String(login.auth?.client_token));
  await anna.must("POST", "cubbyhole/note", { v: "anna's" });
  annaExpires = (await anna.must("GET", "auth/token/lookup-self")).data?.expire_time;
  expect(annaExpires).toMatch(/^\d{4}-/);
  await set.root.must("POST", "auth/token/create", {
    id: "short-lived",
    policies: ["app"],
    ttl: "20s",
    no_parent: true,
  });
  await set.caughtUp("b");
  await set.caughtUp("d");
}, 90_000);

afterAll(() => set?.destroy());

async function prepare(root: Api): Promise<void> {
  await root.must("PUT", "sys/policies/acl/app", {
    policy: 'path "secret/*" { capabilities = ["create", "read", "update", "list"] }',
  });
  await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await root.must("POST", "sys/mounts/here-only", { type: "kv", local: true });
  await root.must("POST", "secret/data/app", { data: { v: "one" } });
  await root.must("POST", "here-only/x", { v: "local" });
  await root.must("POST", "auth/userpass/users/anna", { password: "anna-password", token_policies: "app" });
  await root.must("POST", "sys/auth/approle", { type: "approle" });
  await root.must("POST", "auth/approle/role/robot", { token_policies: "app" });
  await root.must("POST", "auth/token/roles/app", { allowed_policies: "app" });
}

const value = (answer: ApiAnswer): unknown => (answer.body.data?.data as Record<string, unknown> | undefined)?.v;

interface Thing {
  readonly name: string;
  /** Looks with a token that may everything; true: it is there, as the primary has it. */
  isThere(api: Api): Promise<boolean>;
}

/** First row of the table: both kinds hold it. */
const shared: readonly Thing[] = [
  { name: "a policy", isThere: async (api) => (await api.get("sys/policies/acl/app")).text.includes("secret/*") },
  { name: "a mount", isThere: async (api) => (await api.get("sys/mounts")).body.data?.["secret/"] !== undefined },
  { name: "an auth method", isThere: async (api) => (await api.get("sys/auth")).body.data?.["approle/"] !== undefined },
  { name: "an audit device", isThere: async (api) => (await api.get("sys/audit")).body.data?.["file/"] !== undefined },
  { name: "KV data", isThere: async (api) => value(await api.get("secret/data/app")) === "one" },
  {
    name: "KV metadata",
    isThere: async (api) => (await api.get("secret/metadata/app")).body.data?.current_version === 1,
  },
  { name: "a user", isThere: async (api) => (await api.get("auth/userpass/users/anna")).status === 200 },
  { name: "an AppRole role", isThere: async (api) => (await api.get("auth/approle/role/robot")).status === 200 },
  { name: "a token role", isThere: async (api) => (await api.get("auth/token/roles/app")).body.data?.name === "app" },
];

/** Second row: only the DR secondary of the cluster holds it. */
const own: readonly Thing[] = [
  {
    name: "a token",
    isThere: async (api) => (await api.post("auth/token/lookup", { token: anna.token })).status === 200,
  },
  {
    name: "the lease of a token: when it ends",
    isThere: async (api) =>
      (await api.post("auth/token/lookup", { token: anna.token })).body.data?.expire_time === annaExpires,
  },
  {
    name: "a cubbyhole",
    isThere: async (api) => (await api.with(anna.token ?? "").get("cubbyhole/note")).status === 200,
  },
  {
    name: "a local mount",
    isThere: async (api) => (await api.get("sys/mounts")).body.data?.["here-only/"] !== undefined,
  },
  { name: "a local mount's data", isThere: async (api) => (await api.get("here-only/x")).body.data?.v === "local" },
];

describe("the primary has every thing of the table", () => {
  it.each([...shared, ...own])("$name", async (thing) => expect(await thing.isThere(set.root)).toBe(true));
});

describe("a performance secondary", () => {
  let operator: Api;
  beforeAll(async () => {
    operator = await set.operator("b");
  });

  it.each(shared)("holds $name", async (thing) => expect(await thing.isThere(operator)).toBe(true));
  it.each(own)("never holds $name", async (thing) => expect(await thing.isThere(operator)).toBe(false));

  it("serves reads and logins itself, also while its primary stands still", async () => {
    set.servers.a.signal("SIGSTOP");
    try {
      const user = await set.operator("b");
      expect(value(await user.get("secret/data/app"))).toBe("one");
      expect((await user.get("auth/token/lookup-self")).status).toBe(200);
      await user.must("POST", "cubbyhole/mine", { v: 1 });
      const child = await user.must("POST", "auth/token/create", { policies: ["app"], ttl: "1m" });
      await user.must("POST", "auth/token/revoke", { token: child.auth?.client_token });
    } finally {
      set.servers.a.signal("SIGCONT");
    }
  }, 30_000);

  it("forwards writes to shared data, and only those", async () => {
    await eventually("b streams again", async () => (await set.status("b", "performance")).state === "stream-wals");
    await operator.must("POST", "secret/data/through-b", { data: { v: "written on b" } });
    expect(value(await set.root.get("secret/data/through-b"))).toBe("written on b");
    expect(value(await operator.get("secret/data/through-b"))).toBe("written on b");
    await operator.must("POST", "auth/token/roles/through-b", { allowed_policies: "app" });
    expect((await set.root.get("auth/token/roles/through-b")).status).toBe(200);
    const login = await operator.must("POST", "auth/userpass/login/anna", { password: "anna-password" });
    const token = String(login.auth?.client_token);
    expect((await set.servers.b.api.with(token).get("auth/token/lookup-self")).status).toBe(200);
    expect((await set.servers.a.api.with(token).get("auth/token/lookup-self")).status).toBe(403);
  });
});

describe("a batch token", () => {
  const lookUp = async (on: "a" | "b", token: unknown): Promise<number> =>
    (await set.servers[on].api.with(String(token)).get("auth/token/lookup-self")).status;

  it("without a parent is good on every cluster of the set, wherever it was made", async () => {
    const body = { type: "batch", policies: ["everything"], ttl: "1h", no_parent: true };
    for (const api of [set.root, await set.operator("b")]) {
      const made = await api.must("POST", "auth/token/create", body);
      expect(made.auth).toMatchObject({ token_type: "batch", orphan: true });
      for (const on of ["a", "b"] as const) expect(await lookUp(on, made.auth?.client_token)).toBe(200);
    }
  });

  it("with a parent only where that is", async () => {
    for (const [own, other] of [
      ["a", "b"],
      ["b", "a"],
    ] as const) {
      const body = { type: "batch", policies: ["app"], ttl: "1h" };
      const made = await (await set.operator(own)).must("POST", "auth/token/create", body);
      expect(await lookUp(own, made.auth?.client_token)).toBe(200);
      expect(await lookUp(other, made.auth?.client_token)).toBe(403);
    }
  });
});

describe("a DR secondary", () => {
  let operationToken: string;
  beforeAll(async () => {
    operationToken = await set.operationToken();
  });

  it("serves no client itself: what its primary answers comes back, while that can be reached", async () => {
    const onD = set.servers.d.api.with(set.root.token ?? "");
    expect(value(await onD.get("secret/data/app"))).toBe("one");
    await onD.must("POST", "secret/data/through-d", { data: { v: "written on d" } });
    expect(value(await set.root.get("secret/data/through-d"))).toBe("written on d");
    const login = await set.servers.d.api.must("POST", "auth/userpass/login/anna", { password: "anna-password" });
    const token = String(login.auth?.client_token);
    expect((await set.servers.a.api.with(token).get("auth/token/lookup-self")).status).toBe(200);
  });

  const paths: readonly (readonly [string, string])[] = [
    ["GET", "secret/data/app"],
    ["POST", "secret/data/app"],
    ["POST", "auth/userpass/login/anna"],
    ["GET", "sys/policies/acl/app"],
    ["GET", "sys/mounts"],
    ["GET", "sys/auth"],
    ["GET", "sys/audit"],
    ["GET", "auth/token/lookup-self"],
    ["GET", "cubbyhole/note"],
    ["GET", "here-only/x"],
    ["PUT", "sys/leases/lookup"],
  ];

  describe("whose primary is gone", () => {
    beforeAll(async () => {
      await set.caughtUp("d");
      await set.servers.a.stop("SIGKILL");
      await eventually("d noticed", async () => (await set.status("d", "dr")).connection_state !== "ready");
    });

    it.each(paths)("refuses %s %s with the known text", async (method, path) => {
      const answer = await set.servers.d.api
        .with(set.root.token ?? "")
        .send(method, path, method === "GET" ? undefined : { password: "anna-password" });
      expect([answer.status, answer.body.errors]).toEqual([400, ["path disabled in replication DR secondary mode"]]);
    });

    it("still answers health, leader, seal-status and the status of replication", async () => {
      const codes = await Promise.all(
        ["sys/health", "sys/leader", "sys/seal-status", "sys/replication/status", "sys/replication/dr/status"].map(
          async (path) => (await set.servers.d.api.get(path)).status,
        ),
      );
      expect(codes).toEqual([472, 200, 200, 200, 200]);
    });
  });

  describe("once promoted", () => {
    let promoted: Api;
    beforeAll(async () => {
      const body = { dr_operation_token: operationToken, force: true };
      await set.servers.d.api.must("POST", "sys/replication/dr/secondary/promote", body);
      await eventually("d serves", async () => (await set.servers.d.api.get("sys/health")).status === 200);
      promoted = set.servers.d.api.with(set.root.token ?? "");
    });

    it.each([...shared, ...own])("has $name", async (thing) => expect(await thing.isThere(promoted)).toBe(true));

    it("lets the tokens of before work, be revoked and expire", async () => {
      const user = promoted.with(anna.token ?? "");
      await user.must("POST", "secret/data/after", { data: { v: "anna's" } });
      await user.must("POST", "auth/token/revoke-self");
      expect((await user.get("auth/token/lookup-self")).status).toBe(403);
      expect((await user.get("cubbyhole/note")).status).toBe(403);
      const short = promoted.with("short-lived");
      await eventually("it expires", async () => (await short.get("auth/token/lookup-self")).status === 403, 25_000);
    }, 40_000);
  });
});
