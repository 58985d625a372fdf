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
    for (const operation of Object.keys(operations) as OperationName[])
      if ((await system.forward(operation, path)) !== 403) reached.push(`${template} ${operation}`);
  }
  expect(reached.sort()).toEqual(REACHED);
});
