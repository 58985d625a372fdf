import { ADDRESS, factsOf, liveFacts, make, REQUEST, SOURCE, tokenFixture } from "./testing/token-fixture";

async function rooted(): Promise<ReturnType<typeof tokenFixture> & { root: string }> {
  const fixture = tokenFixture();
  return { ...fixture, root: (await fixture.tokens.createRootToken()).clientToken };
}

test("a root token lives for ever, is found by the sync path, and its text is stored nowhere", async () => {
  const { tokens, clock, barrier, root } = await rooted();
  expect(root).toMatch(/^hvs\.[0-9A-Za-z]{24}$/);
  await factsOf(tokens, root);
  clock.advance(1e12);
  expect(tokens.authenticate(Buffer.from(root), ADDRESS)).toMatchObject({
    policies: ["root"],
    orphan: true,
    type: "service",
  });
  for (const [key, { value }] of barrier.pairs)
    expect(`${key} ${value.toString("latin1")}`).not.toContain(root.slice(4));
  expect(await factsOf(tokens, `${root}x`)).toBeUndefined();
  expect(await factsOf(tokens, "")).toBeUndefined();
});

test("children inherit, policies only narrow, root comes from root, sudo may choose", async () => {
  const { tokens, root } = await rooted();
  const child = await make(tokens, root, { policies: ["Team", "dev"] });
  expect((await liveFacts(tokens, child)).policies).toEqual(["default", "dev", "team"]);
  expect((await liveFacts(tokens, await make(tokens, child))).policies).toEqual(["default", "dev", "team"]);
  const narrow = await make(tokens, child, { policies: ["dev"], noDefaultPolicy: true });
  expect((await liveFacts(tokens, narrow)).policies).toEqual(["dev"]);
  await expect(make(tokens, child, { policies: ["ops"] })).rejects.toThrow("child policies must be subset of parent");
  const admin = await make(tokens, root, { policies: ["admin"] });
  expect((await liveFacts(tokens, await make(tokens, admin, { policies: ["ops"] }))).policies).toEqual([
    "default",
    "ops",
  ]);
  for (const name of ["root", " ROOT ", "Root"]) {
    await expect(make(tokens, admin, { policies: [name] })).rejects.toThrow("root tokens may not be created");
  }
  await expect(make(tokens, admin, { policies: ["response-wrapping"] })).rejects.toThrow("cannot assign");
  await expect(make(tokens, child, { id: "mine" })).rejects.toThrow("root or sudo");
  expect(await make(tokens, admin, { id: "mine" })).toBe("mine");
  await expect(make(tokens, admin, { id: "mine" })).rejects.toThrow("duplicate ID");
  for (const id of ["hvs.x", "hvb.x", "s.x", "b.x", "a b"])
    await expect(make(tokens, admin, { id })).rejects.toThrow("custom token ID");
  await expect(make(tokens, child, { periodSeconds: 60 })).rejects.toThrow("periodic");
  await expect(make(tokens, child, { noParent: true })).rejects.toThrow("orphan");
});

test("expiry is checked at use, of the token and of its ancestors, without any sweep", async () => {
  const { tokens, clock, root } = await rooted();
  const parent = await make(tokens, root, { policies: ["a"], ttlSeconds: 10 });
  const child = await make(tokens, parent, { ttlSeconds: 1_000 });
  const orphan = await make(tokens, parent, { orphan: true, ttlSeconds: 1_000 });
  clock.advance(9_999);
  expect(await factsOf(tokens, child)).toBeDefined();
  clock.advance(1);
  expect([await factsOf(tokens, parent), await factsOf(tokens, child)]).toEqual([undefined, undefined]);
  expect(await factsOf(tokens, orphan)).toBeDefined();
  expect(await tokens.lookup({ kind: "token", token: child })).toBeUndefined();
});

test("use-limited tokens are counted durably: 1,000 at once get exactly the uses there are", async () => {
  const { tokens, barrier, clock, root } = await rooted();
  const limited = await make(tokens, root, { policies: ["a"], numUses: 3 });
  const tries = await Promise.all(Array.from({ length: 1000 }, () => factsOf(tokens, limited)));
  const granted = tries.filter((facts) => facts !== undefined);
  expect(granted.map((facts) => facts.numUsesLeft).sort()).toEqual([-1, 1, 2]);
  const restarted = tokenFixture({ barrier, clock });
  expect(await factsOf(restarted.tokens, limited)).toBeUndefined();
  for (const facts of granted) await tokens.finishUse(facts);
  expect([...barrier.pairs.keys()].filter((key) => key.includes("/id/"))).toHaveLength(1);
});

test("a token that is on its last use may still look at itself but makes no child", async () => {
  const { tokens, root } = await rooted();
  const once = await make(tokens, root, { policies: ["a"], numUses: 1 });
  const facts = await liveFacts(tokens, once);
  expect(await tokens.lookup({ kind: "token", token: once })).toMatchObject({ numUses: 0, policies: ["a", "default"] });
  await expect(tokens.create(facts, REQUEST, SOURCE)).rejects.toThrow("restricted use token");
});

test("bound addresses hold, IPv4 in IPv6 clothes too, and children inherit them", async () => {
  const { tokens, root } = await rooted();
  await tokens.roles.write({
    name: "net",
    allowedPolicies: ["a"],
    disallowedPolicies: [],
    allowedPoliciesGlob: [],
    disallowedPoliciesGlob: [],
    orphan: true,
    pathSuffix: "",
    renewable: true,
    tokenType: "default-service",
    periodSeconds: 0,
    explicitMaxTtlSeconds: 0,
    noDefaultPolicy: true,
    numUses: 0,
    boundCidrs: ["10.0.0.0/8"],
  });
  const bound = await make(tokens, root, { roleName: "net" });
  expect((await liveFacts(tokens, bound)).policies).toEqual(["a"]);
  expect(await factsOf(tokens, bound, "::ffff:10.9.9.9")).toBeDefined();
  for (const address of ["11.0.0.1", "::1", "", "nonsense"])
    expect(await factsOf(tokens, bound, address)).toBeUndefined();
  expect(await factsOf(tokens, await make(tokens, bound), "11.0.0.1")).toBeUndefined();
});

test("roles limit policies", async () => {
  const { tokens, root } = await rooted();
  const role = {
    name: "r",
    allowedPolicies: ["a", "b"],
    disallowedPolicies: [],
    allowedPoliciesGlob: ["team-*"],
    disallowedPoliciesGlob: ["*-secret"],
    orphan: false,
    pathSuffix: "x",
    renewable: false,
    tokenType: "default-service",
    periodSeconds: 0,
    explicitMaxTtlSeconds: 60,
    noDefaultPolicy: false,
    numUses: 0,
    boundCidrs: [],
  } as const;
  await tokens.roles.write(role);
  const caller = await make(tokens, root, { policies: ["c"] });
  expect((await liveFacts(tokens, await make(tokens, caller, { roleName: "r" }))).policies).toEqual([
    "a",
    "b",
    "default",
  ]);
  const facts = await liveFacts(
    tokens,
    await make(tokens, caller, { roleName: "r", policies: ["team-1"], ttlSeconds: 999 }),
  );
  expect(facts).toMatchObject({ policies: ["default", "team-1"], path: "auth/token/create/x", renewable: false });
  await expect(make(tokens, caller, { roleName: "r", policies: ["c"] })).rejects.toThrow("not allowed by this role");
  await expect(make(tokens, caller, { roleName: "r", policies: ["team-secret"] })).rejects.toThrow(
    "disallowed by this role",
  );
  await expect(make(tokens, caller, { roleName: "none" })).rejects.toThrow("unknown role");
  await tokens.roles.write({
    ...role,
    name: "open",
    allowedPolicies: [],
    allowedPoliciesGlob: [],
    disallowedPoliciesGlob: [],
  });
  await expect(make(tokens, caller, { roleName: "open", policies: ["ops"] })).rejects.toThrow(
    "not one of the caller's",
  );
  await expect(make(tokens, caller, { roleName: "open", policies: ["root"] })).rejects.toThrow("root tokens");
});

test("batch tokens: nothing stored, orphans work on every cluster of the set, others only at home", async () => {
  const { tokens, barrier, clock, root } = await rooted();
  const caller = await make(tokens, root, { policies: ["a"] });
  const keys = barrier.pairs.size;
  const child = await make(tokens, caller, { type: "batch", ttlSeconds: 100 });
  const orphan = await make(tokens, caller, { type: "batch", orphan: true, ttlSeconds: 100 });
  expect(barrier.pairs.size).toBe(keys);
  const elsewhere = tokenFixture({ clock }).tokens;
  expect([await factsOf(tokens, child), await factsOf(tokens, orphan)]).toEqual([
    expect.objectContaining({ type: "batch", orphan: false, policies: ["a", "default"] }),
    expect.objectContaining({ type: "batch", orphan: true, idHash: "", accessor: "" }),
  ]);
  expect([await factsOf(elsewhere, child), await factsOf(elsewhere, orphan)]).toEqual([undefined, expect.anything()]);
  const flipped = orphan.slice(0, 20) + (orphan[20] === "A" ? "B" : "A") + orphan.slice(21);
  expect(await factsOf(tokens, flipped)).toBeUndefined();
  await expect(tokens.revoke({ kind: "token", token: orphan })).rejects.toThrow("cannot be revoked");
  await expect(tokens.renew({ kind: "token", token: orphan }, 0)).rejects.toThrow("cannot be renewed");
  await expect(make(tokens, child)).rejects.toThrow("batch tokens cannot create more tokens");
  await expect(make(tokens, root, { type: "batch" })).rejects.toThrow("batch tokens cannot be root tokens");
  await tokens.revoke({ kind: "token", token: caller });
  expect(await factsOf(tokens, child)).toBeUndefined();
  clock.advance(100_000);
  expect(await factsOf(elsewhere, orphan)).toBeUndefined();
});

test("a promoted DR secondary goes on with all tokens; another cluster knows none", async () => {
  const { tokens, barrier, clock, root } = await rooted();
  const child = await make(tokens, root, { policies: ["a"] });
  const promoted = tokenFixture({ barrier, clock, seed: 8 });
  expect(await factsOf(promoted.tokens, child)).toMatchObject({ policies: ["a", "default"] });
  await promoted.tokens.revoke({ kind: "token", token: child });
  const other = tokenFixture({ clock, seed: 9 });
  expect(await factsOf(other.tokens, root)).toBeUndefined();
});

test("a change that came through the log is seen at once", async () => {
  const { tokens, barrier, clock, root } = await rooted();
  const child = await make(tokens, root, { policies: ["a"] });
  const { idHash } = await liveFacts(tokens, child);
  await tokenFixture({ barrier, clock }).tokens.revoke({ kind: "token", token: child });
  tokens.onEntry({
    operations: [{ class: "local", mountId: "core", key: `core/token/id/${idHash}`, value: undefined }],
  });
  expect(await factsOf(tokens, child)).toBeUndefined();
});

test("logins: no root, canonical policies, the mount's token type", async () => {
  const { tokens, mounts } = await rooted();
  const grant = {
    policies: ["Dev"],
    displayName: "anna",
    metadata: new Map([["username", "anna"]]),
    aliasName: "anna",
    ttlSeconds: 60,
    maxTtlSeconds: 90,
    explicitMaxTtlSeconds: 0,
    periodSeconds: 0,
    numUses: 0,
    type: "default",
    renewable: true,
    noDefaultPolicy: false,
    boundCidrs: [],
    internalData: new Map(),
  } as const;
  const source = { ...SOURCE, mountPath: "auth/userpass/", path: "auth/userpass/login/anna" };
  const auth = await tokens.issueLogin(grant, source);
  expect(auth).toMatchObject({ policies: ["default", "dev"], leaseDurationSeconds: 60, renewable: true, orphan: true });
  expect(await tokens.lookup({ kind: "accessor", accessor: auth.accessor })).toMatchObject({
    displayName: "userpass-anna",
    ttlSeconds: 60,
  });
  await expect(tokens.issueLogin({ ...grant, policies: ["ROOT "] }, source)).rejects.toThrow(
    "cannot create root tokens",
  );
  mounts.tokenType = () => "batch";
  expect(await tokens.issueLogin(grant, source)).toMatchObject({ tokenType: "batch", accessor: "", renewable: false });
});
