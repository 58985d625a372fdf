import { MemoryBarrier, memoryView } from "../../sdk/testing/memory-view";
import { PolicyService } from "./policy-service";

function service(): { policies: PolicyService; barrier: MemoryBarrier } {
  const barrier = new MemoryBarrier();
  return { policies: new PolicyService(memoryView("replicated", "core", barrier).narrow("core/policy/")), barrier };
}

const READ_A = `path "a" { capabilities = ["read"] }`;
const question = { operation: "read", path: "a", needsSudo: false } as const;

test("names are lower-cased once, documents come back as written", async () => {
  const { policies } = service();
  await policies.write("Team", READ_A);
  expect(await policies.read("TEAM")).toBe(READ_A);
  expect(await policies.list()).toEqual(["default", "root", "team"]);
  await policies.delete("team");
  await policies.delete("team");
  expect(await policies.read("team")).toBeUndefined();
});

test("a change is seen by the next question, also one that came through the log", async () => {
  const { policies, barrier } = service();
  const names = Object.freeze(["default", "team"]);
  expect(await policies.allows({ ...question, policies: names })).toBe(false);
  await policies.write("team", READ_A);
  expect(await policies.allows({ ...question, policies: names })).toBe(true);
  expect(policies.allows({ ...question, policies: names })).toBe(true);
  barrier.pairs.delete("replicated/core/core/policy/team");
  policies.onEntry({
    operations: [{ class: "replicated", mountId: "core", key: "core/policy/team", value: undefined }],
  });
  expect(await policies.allows({ ...question, policies: names })).toBe(false);
});

test("built-in policies: root is everything, default can change but not go, response-wrapping stays", async () => {
  const { policies } = service();
  expect(policies.allows({ ...question, policies: ["root"], needsSudo: true })).toBe(true);
  expect(await policies.capabilities(["root"], "x")).toEqual(["root"]);
  expect(await policies.capabilities(["default"], "auth/token/lookup-self")).toEqual(["read"]);
  expect(await policies.capabilities(["none"], "auth/token/lookup-self")).toEqual(["deny"]);
  await policies.write("default", READ_A);
  expect(await policies.read("default")).toBe(READ_A);
  await expect(policies.delete("default")).rejects.toThrow("cannot delete default policy");
  await expect(policies.write("ROOT", READ_A)).rejects.toThrow('cannot update "root" policy');
  await expect(policies.write("response-wrapping", READ_A)).rejects.toThrow("response-wrapping");
});

test("what does not parse is refused with its place and nothing is stored", async () => {
  const { policies, barrier } = service();
  const bad: readonly (readonly [string, string])[] = [
    [`path "a" {\n  capabilities = ["reed"]\n}`, "line 2, column 3: a capability is one of create"],
    [`path "a/+*" { policy = "read" }`, "line 1, column 1"],
    [`path "id/{{identity.entity.id}}" { policy = "read" }`, "templates"],
    [`path "a" { capability = ["read"] }`, "a path may hold"],
    [`rule "a" {}`, 'only "path" blocks'],
    [`{"path": {"a": {"capabilities": "read"}}}`, '"capabilities" is a list of strings'],
    [`{"path": `, "line 1, column 10"],
  ];
  for (const [text, reason] of bad) await expect(policies.write("x", text)).rejects.toThrow(reason);
  for (const name of ["", "a,b", " a", "a/../b", "a\nb", "é", "x".repeat(300)]) {
    await expect(policies.write(name, READ_A)).rejects.toThrow("a policy name is");
  }
  expect(barrier.pairs.size).toBe(0);
});

test("HCL, JSON and the old form mean the same", async () => {
  const { policies } = service();
  await policies.write("hcl", `path "/a/*" { capabilities = ["create", "read", "update", "delete", "list"] }`);
  await policies.write("old", `path "a/*" { policy = "write" }`);
  await policies.write("json", `{"path": {"a/*": {"policy": "write"}}}`);
  await policies.write("jsonlist", `{"path": [{"a/*": {"capabilities": ["create","read","update","delete","list"]}}]}`);
  for (const name of ["hcl", "old", "json", "jsonlist"]) {
    expect(await policies.capabilities([name], "a/b")).toEqual(["create", "delete", "list", "read", "update"]);
  }
});

test("a stored policy that does not parse fails the request instead of dropping a deny", async () => {
  const { policies, barrier } = service();
  barrier.pairs.set("replicated/core/core/policy/bad", { value: Buffer.from("path {"), revision: 1 });
  await expect(policies.allows({ ...question, policies: ["bad", "default"] })).rejects.toThrow("does not parse");
});
