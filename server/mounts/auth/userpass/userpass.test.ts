import { openMount } from "../../../sdk/testing/call-path";
import { mountContext, type TestMountContext } from "../../../sdk/testing/mount-context";
import { userpass } from "./index";

type Mounted = ReturnType<typeof openMount>;

function mounted(): {
  call: Mounted;
  context: TestMountContext;
  login: (name: string, password: string) => ReturnType<Mounted>;
} {
  const context = mountContext({ mountPath: "auth/userpass/" });
  const call = openMount(userpass, context);
  const login = (name: string, password: string): ReturnType<Mounted> =>
    call("write", `login/${name}`, { body: { password }, token: null, remoteAddress: "10.0.0.1" });
  return { call, context, login };
}

const WRONG = "invalid username or password";

test("a login asks for the token the user's fields describe; capital letters fold", async () => {
  const { call, login, context } = mounted();
  await call("write", "users/anna", {
    body: { password: "right", token_policies: "Dev, ops", token_ttl: "1m", token_max_ttl: 3600, token_num_uses: 3 },
  });
  const outcome = await login("ANNA", "right");
  expect(outcome).toMatchObject({
    kind: "login",
    grant: {
      policies: ["dev", "ops"],
      displayName: "anna",
      aliasName: "anna",
      ttlSeconds: 60,
      maxTtlSeconds: 3600,
      numUses: 3,
      type: "default",
    },
  });
  for (const { value } of context.barrier.pairs.values()) expect(value.toString("latin1")).not.toContain("right");
});

test("wrong password, unknown and impossible users read the same", async () => {
  const { call, login } = mounted();
  await call("write", "users/anna", { body: { password: "right" } });
  for (const name of ["anna", "nobody", "b%d", "x".repeat(500), "\u212Aate"]) {
    await expect(login(name, "wrong")).rejects.toMatchObject({ status: 400, publicText: WRONG });
  }
});

test("five failures lock a name for 15 minutes, in any spelling, known or not", async () => {
  const { call, login, context } = mounted();
  await call("write", "users/anna", { body: { password: "right" } });
  for (const name of ["anna", "ghost"]) {
    for (const spelling of [name, name.toUpperCase(), name, name, name]) {
      await expect(login(spelling, "wrong")).rejects.toThrow(WRONG);
    }
    await expect(login(name, "right")).rejects.toMatchObject({ status: 403 });
  }
  context.clock.advance(15 * 60_000);
  expect(await login("anna", "right")).toMatchObject({ kind: "login" });
});

test("a success starts the count anew", async () => {
  const { call, login } = mounted();
  await call("write", "users/anna", { body: { password: "right" } });
  for (let round = 0; round < 3; round++) {
    for (let index = 0; index < 2; index++) await expect(login("anna", "wrong")).rejects.toThrow(WRONG);
    await login("anna", "right");
  }
});

test("administration: partial changes, old names, reading, listing, deleting", async () => {
  const { call, login } = mounted();
  await expect(call("write", "users/anna", { body: { policies: "a" } })).rejects.toThrow("missing password");
  await call("write", "users/anna", {
    body: { password: "one", policies: ["a"], ttl: "2h", bound_cidrs: "10.0.0.0/8" },
  });
  await call("write", "users/anna", { body: { token_max_ttl: "3h" } });
  expect(await call("read", "users/anna")).toMatchObject({
    data: {
      token_policies: ["a"],
      policies: ["a"],
      token_ttl: 7200,
      token_max_ttl: 10_800,
      token_bound_cidrs: ["10.0.0.0/8"],
      token_type: "default",
    },
  });
  await call("write", "users/anna/password", { body: { password: "two" } });
  await call("write", "users/anna/policies", { body: { token_policies: ["b"] } });
  expect(await login("anna", "two")).toMatchObject({ grant: { policies: ["b"], ttlSeconds: 7200 } });
  await expect(
    call("write", "login/anna", { body: { password: "two" }, token: null, remoteAddress: "11.0.0.1" }),
  ).rejects.toThrow("permission denied");
  expect(await call("list", "users")).toEqual({ kind: "list", keys: ["anna"] });
  await call("delete", "users/anna");
  expect(await call("read", "users/anna")).toEqual({ kind: "not_found" });
  await expect(call("write", "users/anna/password", { body: { password: "x" } })).rejects.toThrow("does not exist");
});

test("bad fields are refused: root, addresses, lifetimes, other spellings of a name", async () => {
  const { call } = mounted();
  const bad: readonly (readonly [Record<string, string | number>, string])[] = [
    [{ token_policies: " ROOT" }, "cannot create root tokens"],
    [{ token_bound_cidrs: "10.0.0.0/40" }, "address block"],
    [{ token_ttl: 10, token_max_ttl: 5 }, "cannot be greater"],
    [{ token_type: "batch", token_period: 5 }, "cannot be batch"],
    [{ token_num_uses: -1 }, "cannot be negative"],
  ];
  for (const [body, reason] of bad) {
    await expect(call("write", "users/anna", { body: { password: "p", ...body } })).rejects.toThrow(reason);
  }
  await expect(call("write", "users/Anna", { body: { password: "p" } })).rejects.toThrow("lower-case");
});

test("renewal: the user must be there with the policies it had", async () => {
  const { call, context } = mounted();
  await call("write", "users/anna", { body: { password: "p", token_policies: "a", token_ttl: 60 } });
  const opened = userpass.open?.(context);
  if (opened === undefined || userpass.renew === undefined) throw new Error("userpass renews");
  const data = new Map([
    ["username", "anna"],
    ["policies", "a"],
  ]);
  expect(await userpass.renew(opened, data)).toMatchObject({ ttlSeconds: 60 });
  await call("write", "users/anna", { body: { token_policies: "b" } });
  await expect(userpass.renew(opened, data)).rejects.toThrow("policies have changed");
  await call("delete", "users/anna");
  await expect(userpass.renew(opened, data)).rejects.toMatchObject({ status: 403 });
});
