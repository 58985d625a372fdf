import { stringifyJson } from "../../../sdk/json";
import type { Outcome } from "../../../sdk/outcome";
import { openMount } from "../../../sdk/testing/call-path";
import { mountContext, type TestMountContext } from "../../../sdk/testing/mount-context";
import { kv } from ".";

function start(): { context: TestMountContext; call: ReturnType<typeof openMount> } {
  const context = mountContext({ options: { version: "1" }, defaultLeaseTtlSeconds: 2_764_800 });
  return { context, call: openMount(kv, context) };
}

function text(outcome: Outcome): string {
  if (outcome.kind !== "data") throw new Error(`the outcome is ${outcome.kind}`);
  return stringifyJson(outcome.data);
}

test("the whole body is the secret, and comes back exactly", async () => {
  const { context, call } = start();
  const bodies = ['{"b":9007199254740993,"a":{"__proto__":[1.0]},"path":"own","list":true}', '{"line":"a\\nb"}'];
  for (const body of bodies) {
    expect(await call("write", "a/b", { body })).toEqual({ kind: "empty" });
    expect(text(await call("read", "a/b"))).toBe(body);
    context.barrier.cached = !context.barrier.cached;
    expect(text(await call("read", "a/b"))).toBe(body);
  }
});

test.each([
  ['{"ttl":"1h"}', 3600],
  ['{"ttl":30}', 30],
  ['{"lease":"90"}', 90],
  ['{"ttl":"5s","lease":"90"}', 5],
  ['{"ttl":"never"}', 2_764_800],
  ['{"ttl":{}}', 2_764_800],
  ['{"ttl":-5}', 2_764_800],
  ['{"k":"v"}', 2_764_800],
])("lease_duration of %s is %d", async (body, leaseDurationSeconds) => {
  const { call } = start();
  await call("write", "a", { body });
  expect(await call("read", "a")).toMatchObject({ kind: "data", leaseDurationSeconds });
});

test("an empty body is refused, a missing secret is not found, and deleting it is no error", async () => {
  const { call } = start();
  await expect(call("write", "a", {})).rejects.toMatchObject({ status: 400, publicText: "missing data fields" });
  expect(await call("read", "a")).toEqual({ kind: "not_found" });
  expect(await call("delete", "a")).toEqual({ kind: "empty" });
});

test("lists are sorted, with folders; deleted secrets are gone", async () => {
  const { call } = start();
  for (const path of ["b", "a/x", "a", "a/y/z"]) await call("write", path, { body: { k: "v" } });
  expect(await call("list", "")).toEqual({ kind: "list", keys: ["a", "a/", "b"] });
  expect(await call("list", "a")).toEqual({ kind: "list", keys: ["x", "y/"] });
  await call("delete", "a");
  expect(await call("list", "")).toEqual({ kind: "list", keys: ["a/", "b"] });
});

test("every operation that writes is forwarded", () => {
  for (const path of kv.paths(new Map())) {
    for (const [name, operation] of Object.entries(path.operations)) {
      expect(operation?.forward === true).toBe(name !== "read" && name !== "list");
    }
  }
});
