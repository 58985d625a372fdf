import { getKey, putKey, putMount } from "./test-cluster";
import { link, NO_API, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
let a: TestNode;
let b: TestNode;
/** Every byte that went from the primary to anybody, below TLS. */
let shipped: Buffer[];

beforeEach(async () => {
  set = new TestSet();
  shipped = [];
  set.network.tap = ({ toServer, bytes }) => {
    if (!toServer) shipped.push(bytes);
  };
  a = await set.start("a");
  b = await set.start("b");
  await putMount(a.core, "open-mount", "open/");
  await putMount(a.core, "hidden-mount", "hidden/");
  await putKey(a.core, "data/open-mount/k", "open value");
  await putKey(a.core, "data/hidden-mount/k", "hidden value");
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
});
afterEach(() => set.close());

const wasShipped = (text: string | Buffer): boolean => shipped.some((frame) => frame.includes(text));

async function ciphertext(key: string): Promise<Buffer> {
  const [value] = await a.core.log.readCiphertexts("replicated", [key]);
  if (value === undefined) throw new Error(`no ${key}`);
  return value;
}

test("nothing of a denied mount is ever in a frame, while everything of the others is", async () => {
  await a.replication.writePathsFilter("b", { mode: "deny", paths: ["hidden/"] });
  await link(a, b, "performance");
  await putKey(a.core, "data/open-mount/live", "1");
  await putKey(a.core, "data/hidden-mount/live", "1");
  const view = a.core.barrier.view("", "replicated");
  await view.commit([
    view.put("data/open-mount/both", Buffer.from("1")),
    view.put("data/hidden-mount/both", Buffer.from("2")),
  ]);
  await putKey(a.core, "data/open-mount/last", "1");
  await until("it arrives", async () => (await getKey(b.core, "data/open-mount/last")) === "1");
  expect(wasShipped("open-mount")).toBe(true);
  for (const key of ["k", "live", "both"]) {
    expect(wasShipped(await ciphertext(`data/open-mount/${key}`))).toBe(true);
    expect(wasShipped(await ciphertext(`data/hidden-mount/${key}`))).toBe(false);
  }
  expect(wasShipped("hidden-mount")).toBe(false);
  expect(wasShipped(await ciphertext("mounts/hidden-mount"))).toBe(false);
  expect(await b.replication.readDynamicFilter("secondary", "b")).toEqual({ mounts: ["hidden/"], namespaces: [] });
});

test("an allow filter keeps new mounts out and lets the core through", async () => {
  await a.replication.writePathsFilter("b", { mode: "allow", paths: ["open/"] });
  await link(a, b, "performance");
  await putMount(a.core, "new-mount", "new/");
  await putKey(a.core, "data/new-mount/k", "1");
  await putKey(a.core, "core/policy/p", "policy");
  await until("the policy arrives", async () => (await getKey(b.core, "core/policy/p")) === "policy");
  expect(await getKey(b.core, "data/open-mount/k")).toBe("open value");
  expect(wasShipped("new-mount")).toBe(false);
  expect(wasShipped("hidden-mount")).toBe(false);
});

test("a filter changed on the fly removes what is denied now and sends what is allowed now", async () => {
  await link(a, b, "performance");
  expect(await getKey(b.core, "data/hidden-mount/k")).toBe("hidden value");
  await putKey(b.core, "data/hidden-mount/own", "lease", "local");
  await a.replication.writePathsFilter("b", { mode: "deny", paths: ["hidden/"] });
  await until("it is gone", async () => (await getKey(b.core, "data/hidden-mount/k")) === undefined);
  await until(
    "its own data is gone",
    async () => (await getKey(b.core, "data/hidden-mount/own", "local")) === undefined,
  );
  expect(await getKey(b.core, "mounts/hidden-mount")).toBeUndefined();
  await putKey(a.core, "data/hidden-mount/while-away", "1");
  await putKey(a.core, "data/open-mount/k", "changed");
  await until("the rest goes on", async () => (await getKey(b.core, "data/open-mount/k")) === "changed");
  await a.replication.deletePathsFilter("b");
  await until("it is back", async () => (await getKey(b.core, "mounts/hidden-mount")) !== undefined);
  await until("later writes too", async () => (await getKey(b.core, "data/hidden-mount/while-away")) === "1");
  await putKey(a.core, "data/hidden-mount/after", "2");
  await until("it follows", async () => (await getKey(b.core, "data/hidden-mount/after")) === "2");
  expect(a.status("performance").merkle_root).toBe(b.status("performance").merkle_root);
  expect(b.opened).toBe(2);
});

test("a filter changed while the secondary was away is applied when it comes back", async () => {
  await link(a, b, "performance");
  set.network.cut("b", a.address);
  await a.replication.writePathsFilter("b", { mode: "deny", paths: ["hidden/"] });
  await putKey(a.core, "data/hidden-mount/secret", "never");
  shipped = [];
  set.network.mend("b", a.address);
  await until("it is gone", async () => (await getKey(b.core, "data/hidden-mount/k")) === undefined);
  expect(wasShipped(await ciphertext("data/hidden-mount/secret"))).toBe(false);
  expect(b.opened).toBe(2);
});

test("a mount moved to a denied path is removed", async () => {
  await a.replication.writePathsFilter("b", { mode: "deny", paths: ["hidden/"] });
  await link(a, b, "performance");
  await putMount(a.core, "open-mount", "hidden/");
  await until("it is gone", async () => (await getKey(b.core, "data/open-mount/k")) === undefined);
  await putMount(a.core, "hidden-mount", "shown/");
  await until("the other came", async () => (await getKey(b.core, "data/hidden-mount/k")) === "hidden value");
  expect(b.opened).toBe(2);
});

describe.each(["planned", "unplanned"] as const)("after an %s failover to another secondary", (kind) => {
  test("the filter stands before anybody follows the successor, and it can be changed there", async () => {
    const c = await set.start("c");
    await a.replication.writePathsFilter("b", { mode: "deny", paths: ["hidden/"] });
    await link(a, b, "performance");
    await link(a, c, "performance");
    await putKey(a.core, "data/hidden-mount/last", "x");
    await until("c has all", async () => (await getKey(c.core, "data/hidden-mount/last")) === "x");
    expect(await b.replication.readPathsFilter("b")).toBeUndefined();
    if (kind === "unplanned") await a.close();
    else {
      const { signal } = new AbortController();
      await a.replication.demotePrimary("performance", { targetId: "c", signal });
    }
    await until("c has tried", () => kind === "planned" || !c.isStreaming("performance"));
    await c.replication.promoteSecondary("performance", { primaryClusterAddress: "", force: true });
    expect(await c.replication.readPathsFilter("b")).toEqual({ mode: "deny", paths: ["hidden/"] });
    shipped = [];
    const wrap = await c.replication.issueSecondaryToken("performance", { id: "b", ttlSeconds: 60, creationPath: "p" });
    await b.replication.updatePrimary("performance", { token: wrap.token, api: NO_API, addresses: [] });
    await putKey(c.core, "data/hidden-mount/later", "x");
    await putKey(c.core, "data/open-mount/later", "x");
    await until("it arrives", async () => (await getKey(b.core, "data/open-mount/later")) === "x");
    expect(wasShipped("open-mount")).toBe(true);
    expect(wasShipped("hidden-mount")).toBe(false);
    await c.replication.deletePathsFilter("b");
    await until("all is there", async () => (await getKey(b.core, "data/hidden-mount/later")) === "x");
  }, 20_000);
});

test.each([
  ["deny", ["hidden/", "open/part/"], "open/part/ lies inside the mount open/"],
  ["allow", ["open/a/b/"], "open/a/b/ lies inside the mount open/"],
  ["deny", ["deep/"], "deep/ is no mount, and a filter names each mount, as deep/er/"],
  ["deny", ["sys/"], "sys/ cannot be filtered"],
  ["deny", ["auth/token/"], "auth/token/ cannot be filtered"],
] as const)("a filter that would not do what it says is refused: %s %j", async (mode, paths, fault) => {
  await putMount(a.core, "deep-mount", "deep/er/");
  await expect(a.replication.writePathsFilter("b", { mode, paths })).rejects.toMatchObject({
    code: "invalid_request",
    publicText: expect.stringContaining(fault),
  });
  expect(await a.replication.readPathsFilter("b")).toBeUndefined();
});

test("paths of mounts that are not there yet are taken, and so is what is never filtered in a list of what is allowed", async () => {
  const filter = { mode: "allow", paths: ["open/", "sys/", "later/", "deep/er/"] } as const;
  await a.replication.writePathsFilter("b", filter);
  expect(await a.replication.readPathsFilter("b")).toEqual(filter);
});

test("filters end with the set", async () => {
  await a.replication.writePathsFilter("b", { mode: "deny", paths: ["hidden/"] });
  await link(a, b, "performance");
  await b.replication.disableSecondary("performance");
  await b.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  expect(await b.replication.readPathsFilter("b")).toBeUndefined();
  await a.replication.disablePrimary("performance");
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  expect(await a.replication.readPathsFilter("b")).toBeUndefined();
});
