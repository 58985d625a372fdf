import { putKey } from "./test-cluster";
import { isEqual, link, NO_API, type TestNode, TestSet, until } from "./test-set";

const LEASE_MILLISECONDS = 600;

let set: TestSet;
beforeEach(() => {
  set = new TestSet(false, { mode: "lease", leaseMilliseconds: LEASE_MILLISECONDS });
});
afterEach(() => set.close());

const never = new AbortController().signal;
const state = (node: TestNode, mode: "performance" | "dr" = "dr") => node.status(mode).state;
const unconfirmed = { code: "unconfirmed", status: 503 };

async function pair(mode: "performance" | "dr", limits = {}): Promise<readonly [TestNode, TestNode]> {
  const [a, b] = [await set.start("a", limits), await set.start("b")];
  await a.replication.enablePrimary(mode, { primaryClusterAddress: "" });
  await link(a, b, mode);
  await until("b is equal", () => isEqual(a, b, mode));
  return [a, b];
}

test("a primary that comes back acknowledges nothing before a secondary has confirmed it", async () => {
  const [a, b] = await pair("dr");
  await b.close();
  await a.restart();
  expect(state(a)).toBe("unconfirmed");
  await expect(putKey(a.core, "data/m1/k", "x")).rejects.toMatchObject(unconfirmed);
  await expect(putKey(a.core, "core/token/t", "x", "local")).rejects.toMatchObject({
    publicText: expect.stringMatching(/DR secondaries \(b\).*override-fence.*fencing = "off"/),
  });
  await putKey(a.core, "core/own", "x", "node");
  await b.open();
  await until("a is confirmed", () => state(a) === "running");
  await putKey(a.core, "data/m1/k", "x");
});

test("it stops when the lease has ended, says so in the log without a write, and goes on with the next word", async () => {
  const [a, b] = await pair("dr");
  await new Promise((resolve) => setTimeout(resolve, LEASE_MILLISECONDS * 2));
  await putKey(a.core, "data/m1/k", "while b is there");
  set.network.cut("b", a.address);
  await putKey(a.core, "data/m1/k", "within the lease");
  await until("a says that writes wait", () => set.logLines.some((line) => /^a warn writes wait/.test(line)));
  await expect(putKey(a.core, "data/m1/k", "late")).rejects.toMatchObject(unconfirmed);
  set.network.mend("b", a.address);
  await b.replication.recover("dr");
  await until("a is confirmed", () => state(a) === "running");
  await putKey(a.core, "data/m1/k", "again");
});

test("performance secondaries speak for shared data only", async () => {
  const [a, b] = await pair("performance");
  set.network.cut("b", a.address);
  await until("the lease has ended", () => state(a, "performance") === "unconfirmed");
  await expect(putKey(a.core, "data/m1/k", "x")).rejects.toMatchObject(unconfirmed);
  await putKey(a.core, "core/token/t", "x", "local");
  await putKey(b.core, "core/token/t", "x", "local");
});

test("a word from before the gap does not count when it is read after it", async () => {
  const [a] = await pair("dr");
  const held: (() => void)[] = [];
  // What b says lies in a socket, and it hears nothing more of a: whatever arrives later was said before the gap.
  const hold = (toServer: boolean) => new Promise<void>((resolve) => (toServer ? held.push(resolve) : undefined));
  set.network.holding = (frame) => hold(frame.toServer);
  await until("the lease has ended", () => state(a) === "unconfirmed");
  set.network.holding = (frame) => (frame.toServer ? undefined : hold(false));
  for (const release of held) release();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(held.length).toBeGreaterThan(0);
  await expect(putKey(a.core, "data/m1/k", "x")).rejects.toMatchObject(unconfirmed);
});

test("who was just promoted waits for nobody, also after a restart, until a secondary has followed it", async () => {
  const [a, b] = await pair("dr");
  const c = await set.start("c");
  await link(a, c, "dr");
  await a.close();
  await c.close();
  await until("b noticed", () => !b.isStreaming("dr"));
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  await new Promise((resolve) => setTimeout(resolve, LEASE_MILLISECONDS * 2));
  await putKey(b.core, "data/m1/k", "c has not come yet");
  await b.restart();
  await putKey(b.core, "data/m1/k", "nor now");
  await c.open();
  await until("c follows b", () => c.isStreaming("dr"), 15_000);
  await c.close();
  await until("the lease has ended", () => state(b) === "unconfirmed");
  await expect(putKey(b.core, "data/m1/k", "c may have been promoted")).rejects.toMatchObject(unconfirmed);
}, 30_000);

test("a primary whose last secondary is revoked stands alone", async () => {
  const [a, b] = await pair("dr");
  await b.close();
  await until("the lease has ended", () => state(a) === "unconfirmed");
  await a.replication.revokeSecondary("dr", "b");
  expect(state(a)).toBe("running");
  await putKey(a.core, "data/m1/k", "alone");
  await a.restart();
  await putKey(a.core, "data/m1/k", "still alone");
});

test("a secondary that was never there is not waited for", async () => {
  const a = await set.start("a");
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await a.replication.issueSecondaryToken("dr", { id: "b", ttlSeconds: 60, creationPath: "p" });
  await a.restart();
  await putKey(a.core, "data/m1/k", "x");
});

test.each(["performance", "dr"] as const)(
  "a new token for the id of the only %s secondary does not end the wait for it, nor does the snapshot made with it",
  async (mode) => {
    const [a, b] = await pair(mode, { chunkPairs: 8 });
    const view = a.core.barrier.view("data/m1/", "replicated");
    await view.commit(Array.from({ length: 100 }, (_, at) => view.put(`k${at}`, Buffer.alloc(100))));
    await b.close();
    await a.restart();
    const c = await set.start("c");
    let questions = 0;
    set.network.holding = ({ kind, toServer }) => {
      if (kind === "snapshot" && toServer) questions += 1;
      return kind === "stream" ? new Promise((resolve) => setTimeout(resolve, 60_000).unref()) : undefined;
    };
    const request = { id: "b", ttlSeconds: 60, creationPath: "p" };
    const key = await c.replication.generatePublicKey(mode);
    if (mode === "dr") {
      const waysOut =
        /writes wait.*dr\/primary\/revoke-secondary.*secondary_public_key.*dr\/secondary\/generate-public-key/;
      await expect(a.replication.issueSecondaryToken(mode, request)).rejects.toMatchObject({
        ...unconfirmed,
        publicText: expect.stringMatching(waysOut),
      });
    }
    const token = await a.replication.issueSealedSecondaryToken(mode, request, key);
    expect(state(a, mode)).toBe("unconfirmed");
    await a.restart();
    await expect(putKey(a.core, "data/m1/k", "x")).rejects.toMatchObject(unconfirmed);
    await c.replication.enableSecondary(mode, { token, api: NO_API });
    await until("c fetches its snapshot", () => questions > 1);
    await expect(putKey(a.core, "data/m1/k", "x")).rejects.toMatchObject(unconfirmed);
    await a.replication.revokeSecondary(mode, "b");
    await putKey(a.core, "data/m1/k", "alone");
  },
);

test("an operator's override lasts over restarts, and until a secondary follows again", async () => {
  const [a, b] = await pair("dr");
  await b.close();
  await until("the lease has ended", () => state(a) === "unconfirmed");
  const [warning] = await a.replication.overrideFence("dr");
  expect(warning).toContain("none of its secondaries has confirmed");
  const epoch = a.core.barrier.lineage("dr");
  await putKey(a.core, "data/m1/k", "by hand");
  await a.restart();
  await putKey(a.core, "data/m1/k", "by hand again");
  expect(a.core.barrier.lineage("dr")).toEqual(epoch);
  await b.open();
  await until("b follows", () => isEqual(a, b, "dr"));
  await b.close();
  await until("the lease has ended", () => state(a) === "unconfirmed");
});

test("its roles can be changed while it waits", async () => {
  const [a, b] = await pair("dr");
  await b.close();
  await until("the lease has ended", () => state(a) === "unconfirmed");
  await a.replication.demotePrimary("dr", { targetId: undefined, signal: never });
  expect(a.replication.state().dr).toBe("secondary");
  await a.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  await putKey(a.core, "data/m1/k", "a new epoch, which nobody has followed");
  await a.replication.disablePrimary("dr");
  await putKey(a.core, "data/m1/k", "no set any more");
});

test("an old primary that comes back before its successor finds it acknowledges nothing", async () => {
  const [a, b] = await pair("dr");
  await a.close();
  await until("b noticed", () => !b.isStreaming("dr"));
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  set.network.cut("b", a.address);
  await a.open();
  const answers = await Promise.allSettled(
    Array.from({ length: 20 }, async (_, n) => {
      await new Promise((resolve) => setTimeout(resolve, n * 40));
      await putKey(a.core, `data/m1/k${n}`, "late");
    }),
  );
  for (const answer of answers) expect(answer).toMatchObject({ status: "rejected", reason: unconfirmed });
  set.network.mend("b", a.address);
  await until("a is fenced", () => state(a) === "fenced", 10_000);
  const wrap = await b.replication.issueSecondaryToken("dr", { id: "a", ttlSeconds: 60, creationPath: "p" });
  await a.replication.demotePrimary("dr", { targetId: undefined, signal: never });
  await a.replication.updatePrimary("dr", { token: wrap.token, api: NO_API, addresses: [] });
  await until("a follows", () => isEqual(b, a, "dr"));
}, 30_000);

test("a snapshot or a diff of the only secondary keeps the primary going, however long it takes", async () => {
  const [a, b] = await pair("dr");
  const view = a.core.barrier.view("", "replicated");
  set.network.cut("b", a.address);
  for (let at = 0; at < 600; at += 200) {
    await view.commit(Array.from({ length: 200 }, (_, n) => view.put(`data/m1/k${at + n}`, Buffer.alloc(200, n))));
  }
  await a.core.log.truncate(a.core.log.lastIndex());
  let asked = 0;
  let refused = 0;
  set.network.holding = (frame) => {
    if (frame.kind !== "diff" || !frame.toServer) return undefined;
    asked += 1;
    if (state(a) === "unconfirmed" && asked > 3) refused += 1;
    return new Promise((resolve) => setTimeout(resolve, LEASE_MILLISECONDS / 4));
  };
  set.network.mend("b", a.address);
  await b.replication.recover("dr");
  await until("b is equal", () => isEqual(a, b, "dr"), 20_000);
  expect(asked).toBeGreaterThan(8);
  expect(refused).toBe(0);
}, 40_000);

test("who has never followed this primary cannot know who was promoted over it: its snapshot confirms nothing", async () => {
  const [a, b] = [await set.start("a", { chunkPairs: 8 }), await set.start("b")];
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  const view = a.core.barrier.view("data/m1/", "replicated");
  await view.commit(Array.from({ length: 100 }, (_, at) => view.put(`k${at}`, Buffer.alloc(100))));
  await link(a, b, "dr");
  const c = await set.start("c");
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let questions = 0;
  set.network.holding = ({ kind, toServer }) => {
    if (kind === "snapshot" && toServer) questions += 1;
    return kind === "snapshot" ? held : undefined;
  };
  const wrap = await a.replication.issueSecondaryToken("dr", { id: "c", ttlSeconds: 60, creationPath: "p" });
  await c.replication.enableSecondary("dr", { token: wrap.token, api: NO_API });
  await until("c asks", () => questions > 0);
  await b.close();
  await until("a waits", () => state(a) === "unconfirmed");
  const { holding } = set.network;
  // It gets to ask for the snapshot, but not to follow.
  const late = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 3 * LEASE_MILLISECONDS));
  set.network.holding = (frame) => (frame.kind === "stream" ? late() : holding(frame));
  release();
  await until("c goes on asking", () => questions > 2);
  await expect(putKey(a.core, "data/m1/k", "x")).rejects.toMatchObject(unconfirmed);
}, 20_000);

test("without fencing nobody is waited for", async () => {
  const free = new TestSet(false, { mode: "off", leaseMilliseconds: LEASE_MILLISECONDS });
  const [a, b] = [await free.start("a"), await free.start("b")];
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  await b.close();
  await a.restart();
  expect(state(a)).toBe("running");
  await putKey(a.core, "data/m1/k", "x");
  await free.close();
});

test("a performance secondary joins its primary although its own DR cluster is away", async () => {
  const [a, b] = await pair("performance");
  const d = await set.start("d");
  await b.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(b, d, "dr");
  await d.close();
  await until("b's lease has ended", () => state(b) === "unconfirmed");
  await b.restart();
  await until("b follows a", () => isEqual(a, b, "performance"), 15_000);
  await a.restart();
  await until("b follows a again", () => isEqual(a, b, "performance"), 15_000);
  await putKey(a.core, "data/m1/k", "x");
}, 40_000);
