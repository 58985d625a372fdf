import type { IssuedAuth, Outcome } from "../../../sdk/outcome";
import { openMount } from "../../../sdk/testing/call-path";
import { mountContext } from "../../../sdk/testing/mount-context";
import type { TokenDescription, TokenPort, TokenRequest, TokenRole, TokenSelector } from "../../../sdk/token";
import { tokenAuth } from "./index";

const AUTH: IssuedAuth = {
  clientToken: "hvs.x",
  accessor: "acc",
  policies: ["a"],
  tokenPolicies: ["a"],
  identityPolicies: [],
  metadata: null,
  leaseDurationSeconds: 60,
  renewable: true,
  entityId: "",
  tokenType: "service",
  orphan: false,
  numUses: 0,
};

const DESCRIPTION: TokenDescription = {
  accessor: "acc",
  creationTimeSeconds: 1_700_000_000,
  creationTtlSeconds: 60,
  displayName: "token",
  entityId: "",
  expireTimeMilliseconds: undefined,
  issueTimeMilliseconds: 1_700_000_000_000,
  explicitMaxTtlSeconds: 0,
  periodSeconds: 0,
  lastRenewalSeconds: undefined,
  metadata: new Map(),
  numUses: 0,
  orphan: true,
  path: "auth/token/root",
  policies: ["root"],
  renewable: false,
  roleName: "",
  boundCidrs: [],
  ttlSeconds: 0,
  type: "service",
};

/** Records what the mount asks the token service for. */
function mounted() {
  const asked: unknown[] = [];
  const roles = new Map<string, TokenRole>();
  const known = (selector: TokenSelector): boolean => selector.kind === "token" && selector.token === "hvs.x";
  const tokens: TokenPort = {
    create: async (caller, request, source) => {
      asked.push([caller.displayName, request, source.path]);
      return { auth: AUTH, warnings: ["capped"] };
    },
    lookup: async (selector) => (known(selector) ? DESCRIPTION : undefined),
    renew: async (selector, seconds) => {
      asked.push([selector, seconds]);
      return { auth: AUTH, warnings: [] };
    },
    revoke: async (selector) => void asked.push(selector),
    revokeOrphan: async (selector) => void asked.push(["orphan", selector]),
    accessors: async (options) => {
      asked.push(options);
      return ["acc"];
    },
    tidy: () => asked.push("tidy") === 1,
    roles: {
      read: async (name) => roles.get(name),
      list: async () => [...roles.keys()],
      write: async (role) => void roles.set(role.name, role),
      delete: async (name) => void roles.delete(name),
    },
  };
  const type = tokenAuth(tokens);
  return { type, asked, call: openMount(type, mountContext({ mountPath: "auth/token/" })) };
}

test("create, create-orphan and create through a role", async () => {
  const { call, asked } = mounted();
  const body = { policies: "a,b", ttl: "1h", meta: { k: "v" }, num_uses: "2", display_name: "d" };
  expect(await call("write", "create", { body })).toEqual({ kind: "auth", auth: AUTH, warnings: ["capped"] });
  await call("write", "create-orphan", { body: { lease: 30, type: "batch" } });
  await call("write", "create/r", { body: { role_name: "ignored" } });
  const expected: readonly Partial<TokenRequest>[] = [
    {
      policies: ["a", "b"],
      ttlSeconds: 3600,
      metadata: new Map([["k", "v"]]),
      numUses: 2,
      orphan: false,
      type: "default",
      roleName: undefined,
    },
    { ttlSeconds: 30, orphan: true, type: "batch", policies: undefined },
    { roleName: "r", orphan: false },
  ];
  expect(asked).toEqual(
    expected.map((request, index) => [
      "root",
      expect.objectContaining(request),
      expect.stringContaining(["create", "create-orphan", "create/r"][index] ?? ""),
    ]),
  );
  await expect(call("write", "create", { body: { num_uses: -1 } })).rejects.toThrow("cannot be negative");
  await expect(call("write", "create", { token: null })).rejects.toMatchObject({ status: 403 });
});

test("lookup answers the documented members; what is dead is 403", async () => {
  const { call } = mounted();
  const outcome: Outcome = await call("write", "lookup", { body: { token: "hvs.x" } });
  expect(outcome).toMatchObject({
    kind: "data",
    data: {
      id: "hvs.x",
      expire_time: null,
      meta: null,
      ttl: 0,
      num_uses: 0,
      issue_time: "2023-11-14T22:13:20.000000000Z",
      policies: ["root"],
      type: "service",
    },
  });
  await expect(call("write", "lookup", { body: { token: "hvs.y" } })).rejects.toMatchObject({
    status: 403,
    publicText: "bad token",
  });
  await expect(call("write", "lookup-accessor", { body: { accessor: "x" } })).rejects.toMatchObject({ status: 403 });
});

test("renew and revoke name the token asked for; an empty token revokes nothing", async () => {
  const { call, asked } = mounted();
  await call("write", "renew", { body: { token: "t", increment: "1m" } });
  await call("write", "renew-accessor", { body: { accessor: "a" } });
  await call("write", "revoke", { body: { token: "t" } });
  await call("write", "revoke-accessor", { body: { accessor: "a" } });
  await call("write", "revoke-orphan", { body: { token: "t" } });
  const token = { kind: "token", token: "t" };
  const accessor = { kind: "accessor", accessor: "a" };
  expect(asked).toEqual([[token, 60], [accessor, 0], token, accessor, ["orphan", token]]);
  await expect(call("write", "revoke", { body: { token: "" } })).rejects.toMatchObject({ status: 400 });
  await expect(call("write", "revoke", { body: {} })).rejects.toMatchObject({ status: 400 });
});

test("accessors and revoke-orphan need sudo, roles are forwarded, nothing else is", () => {
  const paths = mounted().type.paths(new Map());
  const rows = paths.flatMap(({ template, operations }) =>
    Object.entries(operations).map(([name, one]) => ({ template, name, one })),
  );
  const with_ = (flag: "sudo" | "forward" | "unauthenticated"): readonly string[] =>
    rows
      .filter(({ one }) => one[flag] === true)
      .map(({ template, name }) => `${name} ${template}`)
      .sort();
  expect(with_("sudo")).toEqual(["list accessors", "update revoke-orphan"]);
  expect(with_("forward")).toEqual([
    "create roles/{role_name}",
    "delete roles/{role_name}",
    "update roles/{role_name}",
  ]);
  expect(with_("unauthenticated")).toEqual([]);
});

test("roles: partial changes, reading, listing, deleting, checks", async () => {
  const { call } = mounted();
  await call("write", "roles/r", { body: { allowed_policies: "B, a", orphan: true, period: "1m", path_suffix: "x" } });
  await call("write", "roles/r", { body: { renewable: false } });
  expect(await call("read", "roles/r")).toMatchObject({
    data: {
      name: "r",
      allowed_policies: ["a", "b"],
      orphan: true,
      token_period: 60,
      renewable: false,
      path_suffix: "x",
      token_type: "default-service",
    },
  });
  expect(await call("list", "roles")).toEqual({ kind: "list", keys: ["r"] });
  await expect(call("write", "roles/r", { body: { token_type: "batch" } })).rejects.toThrow(
    "batch tokens have no period",
  );
  await expect(call("write", "roles/r", { body: { path_suffix: "a/b" } })).rejects.toThrow("path_suffix");
  await call("delete", "roles/r");
  expect(await call("read", "roles/r")).toEqual({ kind: "not_found" });
});

test("accessors in pages, tidy once at a time", async () => {
  const { call, asked } = mounted();
  expect(await call("write", "tidy")).toMatchObject({ kind: "data", status: 202 });
  expect(await call("list", "accessors", { query: { after: "a", limit: "5" } })).toEqual({
    kind: "list",
    keys: ["acc"],
  });
  expect(asked.at(-1)).toEqual({ after: "a", limit: 5 });
});
