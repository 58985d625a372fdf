import { readFileSync } from "node:fs";
import type { Api } from "../support/api";
import { ReplicationSet } from "../support/replication-set";

/** A local mount of a performance secondary at a path that its primary mounts, too, on real servers. */
let set: ReplicationSet;
let onB: Api;

beforeAll(async () => {
  set = await ReplicationSet.start();
  onB = await set.operator("b");
  await onB.must("POST", "sys/mounts/own", { type: "kv", local: true });
  await onB.must("POST", "own/before", { v: "stays on b" });
  await set.root.must("POST", "sys/mounts/own", { type: "kv" });
  await set.root.must("POST", "own/shared", { v: "from a" });
  await set.caughtUp("b");
}, 90_000);

afterAll(() => set?.destroy());

it("is still what its clients read and write, and nothing of it reaches the primary", async () => {
  expect((await onB.get("own/before")).body.data).toEqual({ v: "stays on b" });
  await onB.must("POST", "own/after", { v: "stays on b, too" });
  expect((await set.root.list("own")).body.data?.keys).toEqual(["shared"]);
  expect(readFileSync(set.auditFile("a"), "utf8")).not.toContain('"path":"own/after"');
  expect(set.servers.b.log).toContain("a local one of this cluster holds its path");
});

it("is what is disabled there, not the primary's mount, which is served from then on", async () => {
  await onB.must("DELETE", "sys/mounts/own");
  expect((await set.root.get("own/shared")).body.data).toEqual({ v: "from a" });
  expect((await onB.get("own/shared")).body.data).toEqual({ v: "from a" });
  expect((await onB.get("own/before")).status).toBe(404);
});
