import { stringifyJson } from "../../../sdk/json";
import { openMount, tokenFacts } from "../../../sdk/testing/call-path";
import { mountContext } from "../../../sdk/testing/mount-context";
import { cubbyhole } from ".";
import { wipeCubbyhole } from "./token-view";

const anna = tokenFacts({ idHash: "aa".repeat(32) });
const ben = tokenFacts({ idHash: "bb".repeat(32) });

test("a token sees its own secrets and nobody else's", async () => {
  const call = openMount(cubbyhole, mountContext({ mountPath: "cubbyhole/" }));
  await call("write", "a/b", { body: '{"n":9007199254740993}', token: anna });
  await call("write", "a/c", { body: { who: "ben" }, token: ben });
  const own = await call("read", "a/b", { token: anna });
  if (own.kind !== "data") throw new Error(own.kind);
  expect(stringifyJson(own.data)).toBe('{"n":9007199254740993}');
  expect(await call("read", "a/b", { token: ben })).toEqual({ kind: "not_found" });
  expect(await call("list", "", { token: anna })).toEqual({ kind: "list", keys: ["a/"] });
  expect(await call("list", "a", { token: ben })).toEqual({ kind: "list", keys: ["c"] });
  await call("delete", "a/b", { token: ben });
  expect((await call("read", "a/b", { token: anna })).kind).toBe("data");
  await call("delete", "a/b", { token: anna });
  expect(await call("read", "a/b", { token: anna })).toEqual({ kind: "not_found" });
});

test("nothing is stored where other clusters would get it, and nothing is forwarded", async () => {
  const context = mountContext();
  const call = openMount(cubbyhole, context);
  await call("write", "a", { body: { k: "v" } });
  expect(await context.storage.listAll("", { limit: 10 })).toEqual([]);
  expect(await context.localStorage.listAll("", { limit: 10 })).toHaveLength(1);
  for (const path of cubbyhole.paths(new Map())) {
    for (const operation of Object.values(path.operations)) expect(operation?.forward).toBeUndefined();
  }
});

test("a revoked token's secrets are wiped, all of them and only them", async () => {
  const context = mountContext();
  const call = openMount(cubbyhole, context);
  for (let index = 0; index < 1_100; index++) await call("write", `x/${index}`, { body: { k: "v" }, token: anna });
  await call("write", "kept", { body: { k: "v" }, token: ben });
  await wipeCubbyhole(context.localStorage, "");
  await wipeCubbyhole(context.localStorage, anna.idHash);
  await wipeCubbyhole(context.localStorage, anna.idHash);
  expect(await context.localStorage.listAll("", { limit: 10 })).toEqual([`${ben.idHash}/kept`]);
});

test("without a service token there is no cubbyhole", async () => {
  const call = openMount(cubbyhole, mountContext());
  const batch = tokenFacts({ idHash: "", type: "batch" });
  await expect(call("write", "a", { body: { k: "v" }, token: batch })).rejects.toMatchObject({ status: 400 });
  await expect(call("read", "a", { token: null })).rejects.toMatchObject({ status: 403 });
  await expect(call("write", "a", {})).rejects.toMatchObject({ publicText: "missing data fields" });
});
