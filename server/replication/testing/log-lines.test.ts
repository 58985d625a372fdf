import { putKey, putMount } from "./test-cluster";
import { isEqual, link, NO_API, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
let a: TestNode;
let b: TestNode;
beforeEach(async () => {
  set = new TestSet();
  [a, b] = [await set.start("a"), await set.start("b")];
});
afterEach(() => set.close());

const never = new AbortController().signal;

interface Line {
  readonly node: string;
  readonly level: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Lines are `node level message {facts}`. */
function lines(node: TestNode, message: string): readonly Line[] {
  const parsed = set.logLines.map((line) => {
    const [, who = "", level = "", text = "", facts = "{}"] = /^(\S+) (\S+) (.*?) (\{.*\})$/.exec(line) ?? [];
    return { node: who, level, message: text, facts: JSON.parse(facts) };
  });
  return parsed.filter((line) => line.node === node.name && line.message === message);
}

function factsOf(node: TestNode, message: string) {
  return lines(node, message).map(({ facts }) => facts);
}

async function dr(): Promise<void> {
  await putMount(a.core, "m1", "secret/");
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  await until("both are equal", () => isEqual(a, b, "dr"));
}

test("the way of a secondary: every state change once, with its reason", async () => {
  await dr();
  const epoch = expect.stringMatching(/^1\D/);
  const began = { mode: "dr", from: "disabled", to: "primary", reason: "enabled as primary", epoch };
  expect(factsOf(a, "replication role changed")).toEqual([began]);
  expect(factsOf(a, "the cluster port is open")).toEqual([{ address: expect.stringContaining(":") }]);
  expect(factsOf(a, "secondary token issued")).toEqual([{ mode: "dr", secondary: "b" }]);
  const setId = a.status("dr").cluster_id;
  expect(factsOf(b, "snapshot begins")).toEqual([{ mode: "dr", set: setId, secondary: "b" }]);
  expect(factsOf(b, "bootstrap begins")).toEqual([
    { mode: "dr", set: setId, secondary: "b", address: expect.stringContaining(":") },
  ]);
  expect(factsOf(b, "snapshot fetched")).toEqual([{ mode: "dr", pairs: expect.any(Number) }]);
  expect(factsOf(b, "bootstrap activated")).toEqual([{ mode: "dr", set: setId, secondary: "b" }]);
  expect(factsOf(b, "replication role changed")).toEqual([
    { mode: "dr", from: "opening", to: "secondary", reason: "its stored role", epoch },
  ]);
  const reason = expect.stringMatching(/^the primary streams from its index \d+$/);
  expect(factsOf(b, "replication state changed")).toEqual([{ mode: "dr", from: "idle", to: "stream-wals", reason }]);
});

test("a lost link is told once on both sides, however often it is tried, and so is its return", async () => {
  await dr();
  const connected = lines(b, "connected to the primary").length;
  set.network.cut("b", a.address);
  await until("b is idle", () => b.status("dr").state === "idle");
  await until("a knows", () => lines(a, "secondary's stream ended").length > 0);
  for (let n = 0; n < 5; n += 1) {
    await b.replication.recover("dr");
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  const failures = lines(b, "connection to the primary failed").filter(({ level }) => level === "warn");
  const told = failures.map(({ facts }) => `${String(facts.address)} ${String(facts.reason)}`);
  expect(told.length).toBeGreaterThan(0);
  expect(new Set(told).size).toBe(told.length);
  expect(factsOf(b, "replication state changed").at(-1)).toMatchObject({
    from: "stream-wals",
    to: "idle",
    reason: expect.stringMatching(/./),
  });
  set.network.mend("b", a.address);
  await b.replication.recover("dr");
  await until("b streams", () => b.isStreaming("dr"));
  expect(lines(b, "connected to the primary")).toHaveLength(connected + 1);
});

test("a planned failover is told step by step on both clusters", async () => {
  await dr();
  await a.replication.demotePrimary("dr", { targetId: "b", signal: never });
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: false });
  const wrap = await b.replication.issueSecondaryToken("dr", { id: "a", ttlSeconds: 60, creationPath: "p" });
  await a.replication.updatePrimary("dr", { token: wrap.token, api: NO_API, addresses: [] });
  await until("a follows", () => a.isStreaming("dr"));
  const steps = set.logLines
    .map((line) => line.split(" {")[0])
    .filter((line) => /demotion|promotion|updated/.test(line ?? ""));
  expect(steps).toEqual([
    "a info demotion begins",
    "a info demotion drained",
    "a info demotion ended",
    "b info promotion begins",
    "b info promotion ended",
    "a info primary updated",
  ]);
  expect(factsOf(a, "demotion drained")).toEqual([{ mode: "dr", target: "b", index: expect.any(Number) }]);
  expect(factsOf(b, "replication role changed").at(-1)).toMatchObject({
    from: "secondary",
    to: "primary",
    reason: "promoted",
    epoch: expect.stringMatching(/^2\D/),
  });
  expect(factsOf(b, "replication state changed").at(-1)).toMatchObject({
    to: "idle",
    reason: expect.stringMatching(/./),
  });
  expect(factsOf(a, "replication role changed").at(-1)).toMatchObject({ to: "secondary", reason: "demoted" });
  await a.replication.disableSecondary("dr");
  expect(factsOf(a, "replication role changed").at(-1)).toMatchObject({ to: "disabled", reason: "disabled" });
  expect(factsOf(a, "replication disabled")).toEqual([{ mode: "dr" }]);
});

test("a performance role that rests while its cluster is a DR secondary says that this is why", async () => {
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await dr();
  await a.replication.demotePrimary("dr", { targetId: "b", signal: never });
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: false });
  const shared = (node: TestNode) =>
    factsOf(node, "replication role changed").filter(({ mode }) => mode === "performance");
  expect(shared(a).at(-1)).toMatchObject({ from: "primary", to: "disabled", reason: "DR replication: demoted" });
  expect(shared(b)).toMatchObject([{ from: "disabled", to: "primary", reason: "DR replication: promoted" }]);
});

test("what was refused says why, and nothing secret is told anywhere", async () => {
  await dr();
  await expect(a.replication.demotePrimary("dr", { targetId: "nobody", signal: never })).rejects.toThrow();
  expect(factsOf(a, "demotion failed")).toEqual([
    { mode: "dr", target: "nobody", reason: expect.stringContaining("nobody is not connected") },
  ]);
  const wrap = await a.replication.issueSecondaryToken("dr", { id: "c", ttlSeconds: 60, creationPath: "p" });
  await putKey(a.core, "data/m1/secret-name", "canary-value");
  await until("both are equal", () => isEqual(a, b, "dr"));
  await a.replication.revokeSecondary("dr", "b");
  expect(factsOf(a, "secondary revoked")).toEqual([{ mode: "dr", secondary: "b" }]);
  await until("the refusal is told", () => set.logLines.some((line) => line.includes("refused a connection")));
  const text = set.logLines.join("\n");
  for (const secret of [wrap.token, "canary-value", "secret-name", "PRIVATE KEY", "BEGIN CERTIFICATE"]) {
    expect(text).not.toContain(secret);
  }
  expect(text).toContain("replication state changed");
});

test("a filter's change names the secondary and not the paths", async () => {
  await putMount(a.core, "m1", "hidden-mount/");
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await link(a, b, "performance");
  await a.replication.writePathsFilter("b", { mode: "deny", paths: ["hidden-mount/"] });
  await a.replication.deletePathsFilter("b");
  expect(factsOf(a, "filter changed")).toEqual([
    { mode: "performance", secondary: "b", filter: "deny", paths: 1 },
    { mode: "performance", secondary: "b", filter: "none" },
  ]);
});
