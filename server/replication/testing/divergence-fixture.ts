import type { WriteMeanings } from "../../sdk/divergence";
import type { StoredState } from "../../sdk/stored-keys";
import { putKey, putMount } from "./test-cluster";
import { isEqual, link, NO_API, type TestNode, TestSet, until } from "./test-set";

const MOUNTS = new Map([
  ["m1", "secret/"],
  ["m2", "private/"],
  ["m3", "auth/opaque/"],
]);

/** Mounts whose keys are paths of the API, but for the one whose type says nothing of its keys. */
const readable: WriteMeanings = {
  mountOf: (id) => {
    const path = MOUNTS.get(id);
    const type = id === "m3" ? "opaque" : "kv";
    return path === undefined ? undefined : { path, kind: "secret", type, options: new Map() };
  },
  storedKeysOf: ({ type }) => (type === "kv" ? { pathOf: (key) => key, read: readAll } : undefined),
  corePathOf: ({ key }) => key,
  findRevocations: () => ({ take: () => undefined, found: () => [] }),
  revoke: () => Promise.resolve(),
};

function readAll(_path: string, states: readonly StoredState[]) {
  return Object.fromEntries(states.map(({ key, value }) => [key, value?.toString()]));
}

const never = new AbortController().signal;

/** A set for each test, and what tests of divergence do with it. */
export function divergenceTests() {
  let set: TestSet;
  beforeEach(() => {
    set = new TestSet();
    set.meanings = () => readable;
  });
  afterEach(() => set.close());
  jest.setTimeout(30_000);

  async function drPair(limits = {}): Promise<readonly [TestNode, TestNode]> {
    const [a, b] = [await set.start("a", limits), await set.start("b")];
    await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
    await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
    await putMount(a.core, "m1", "secret/");
    await putKey(a.core, "data/m1/both", "old");
    await putKey(a.core, "data/m1/gone", "still on b");
    await link(a, b, "dr");
    await until("b is equal", () => isEqual(a, b, "dr"));
    return [a, b];
  }

  /** From now on the two do not hear of each other, and b is promoted. */
  async function part(a: TestNode, b: TestNode): Promise<void> {
    set.network.cut(b.name, a.address);
    set.network.cut(a.name, b.address);
    await until("b noticed", () => !b.isStreaming("dr"));
  }

  async function promote(b: TestNode): Promise<void> {
    await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  }

  function mend(a: TestNode, b: TestNode): void {
    set.network.mend("a", b.address);
    set.network.mend("b", a.address);
  }

  async function rejoin(a: TestNode, b: TestNode): Promise<void> {
    mend(a, b);
    await a.replication.demotePrimary("dr", { targetId: undefined, signal: never });
    const wrap = await b.replication.issueSecondaryToken("dr", { id: "a", ttlSeconds: 60, creationPath: "p" });
    await a.replication.updatePrimary("dr", { token: wrap.token, api: NO_API, addresses: [] });
    await until("a follows", () => isEqual(b, a, "dr"));
  }

  async function reportOf(node: TestNode, mode: "dr" | "performance" = "dr") {
    const [report] = node.replication.divergence.list(mode);
    const id = String(report?.id);
    const whole = await node.replication.divergence.read(mode, id, { after: undefined, limit: 100 });
    return { id, report, whole };
  }

  return { current: () => set, drPair, part, promote, mend, rejoin, reportOf };
}
