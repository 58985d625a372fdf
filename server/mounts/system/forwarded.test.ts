import type { OperationName } from "../../sdk/path";
import { systemPaths } from "./index";
import { SystemFixture } from "./testing/system-fixture";

/** All of sys/ that a performance secondary reaches on its primary. Whoever adds a row says that it is shared by the set. */
const REACHED = [
  "audit/{path...} delete",
  "audit/{path...} update",
  "auth/{path...} delete",
  "auth/{path...} read",
  "auth/{path...} update",
  "auth/{path...}/tune read",
  "auth/{path...}/tune update",
  "mounts/{path...} delete",
  "mounts/{path...} read",
  "mounts/{path...} update",
  "mounts/{path...}/tune read",
  "mounts/{path...}/tune update",
  "policies/acl/{name} delete",
  "policies/acl/{name} update",
  "policy/{name} delete",
  "policy/{name} update",
  "remount update",
  "rotate update",
  "rotate/keyring update",
];

test("a secondary whose caller says it is root reaches what is shared, and nothing of the primary alone", async () => {
  const system = await new SystemFixture().open();
  const reached: string[] = [];
  for (const { template, operations } of systemPaths) {
    const path = template.replaceAll(/\{[^}]+\}/g, "one");
    for (const operation of Object.keys(operations) as OperationName[]) {
      const status = await system.forward(operation, path);
      if (status !== 403) reached.push(`${template} ${operation}`);
      expect(system.beyondReach === undefined).toBe(status !== 403);
    }
  }
  expect(reached.sort()).toEqual(REACHED);
});

describe("a mount that the secondary's filter leaves out, and one of the primary alone", () => {
  const CALLS: readonly (readonly [OperationName, string, string, unknown])[] = [
    ["read", "mounts/NAME", "hr", {}],
    ["delete", "mounts/NAME", "hr", {}],
    ["read", "mounts/NAME/tune", "hr", {}],
    ["update", "mounts/NAME/tune", "hr", { description: "mine" }],
    ["update", "remount", "hr", { from: "hr", to: "mine" }],
    ["update", "remount", "hr", { from: "hr/", to: "mine" }],
    ["read", "auth/NAME", "hr", {}],
    ["delete", "auth/NAME", "hr", {}],
    ["read", "auth/NAME/tune", "hr", {}],
    ["update", "auth/NAME/tune", "hr", { description: "mine" }],
    ["update", "remount", "hr", { from: "auth/hr", to: "auth/mine" }],
  ];
  const isOpen = (path: string): boolean => !path.endsWith("hr/");

  async function withMounts(local: boolean): Promise<SystemFixture> {
    const system = await new SystemFixture().open();
    await system.ask("POST", "mounts/hr", { type: "kv", local });
    await system.ask("POST", "auth/hr", { type: "userpass", local });
    return system;
  }

  test.each(CALLS)("%s %s", async (operation, path, name, body) => {
    for (const local of [false, true]) {
      const system = await withMounts(local);
      const before = (await system.ask("GET", "mounts")).json;
      const called = path.replace("NAME", name);
      expect(await system.forward(operation, called, body, local ? undefined : isOpen)).toBe(403);
      expect(system.beyondReach).toMatch(/hr\/$/);
      expect((await system.ask("GET", "mounts")).json.data).toEqual(before.data);
      expect(system.revoked).toEqual([]);
    }
    // What it holds it may change.
    expect(await (await withMounts(false)).forward(operation, path.replace("NAME", name), body)).toBeLessThan(300);
  });
});

test("an audit device of the primary alone is neither made nor disabled through a secondary", async () => {
  const system = await new SystemFixture().open();
  const options = { file_path: "discard" };
  expect(await system.forward("delete", "audit/own")).toBe(403);
  expect(await system.forward("update", "audit/mine", { type: "file", options, local: true })).toBe(403);
  expect([system.audit, system.beyondReach]).toEqual([[], "sys/audit/mine"]);
  expect(await system.forward("update", "audit/mine", { type: "file", options })).toBe(204);
  expect(await system.forward("delete", "audit/file")).toBe(204);
});
