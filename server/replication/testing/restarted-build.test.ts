import { ReplicationStore } from "../role/replication-store";
import { getKey, putKey, putMount } from "./test-cluster";
import { isEqual, NO_API, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(() => set.close());

/** A primary, and a cluster with data of its own. */
async function pair(): Promise<readonly [TestNode, TestNode]> {
  const [a, b] = [await set.start("a", { chunkPairs: 20 }), await set.start("b")];
  for (let n = 0; n < 100; n += 1) await putKey(a.core, `data/m1/k${n}`, `${n}`);
  await putMount(a.core, "m1", "secret/");
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await putKey(b.core, "data/own/x", "mine");
  return [a, b];
}

async function token(a: TestNode): Promise<string> {
  const request = { id: "b", ttlSeconds: 60, creationPath: "p" };
  return (await a.replication.issueSecondaryToken("performance", request)).token;
}

async function enable(a: TestNode, b: TestNode): Promise<void> {
  await b.replication.enableSecondary("performance", { token: await token(a), api: NO_API });
}

/** The snapshot stops behind its second chunk. */
async function halfBuild(a: TestNode, b: TestNode): Promise<void> {
  let chunks = 0;
  set.network.tap = ({ toServer, kind }) => {
    if (kind !== "snapshot" || toServer) return;
    chunks += 1;
    if (chunks === 2) set.network.cut("b", a.address);
  };
  await enable(a, b);
  await until("some chunks came", () => chunks >= 2);
  set.network.tap = () => undefined;
}

/** Power fails at the commit of that number (from 1). @returns whether it did */
function cutAt(node: TestNode, commit: number, survivors: number): () => boolean {
  let left = commit;
  node.syncing = () => {
    left -= 1;
    if (left === 0) node.crash(survivors);
  };
  return () => left <= 0;
}

const cuts = [1, 2, 3].flatMap((commit) => [0, 1].map((survivors) => ({ commit, survivors })));

test.each(cuts)("a bootstrap that begins again is not forgotten by a power cut: %j", async ({ commit, survivors }) => {
  const [a, b] = await pair();
  await halfBuild(a, b);
  // The primary's log does not reach back to where the first chunk was read.
  for (let n = 0; n < 5; n += 1) await putKey(a.core, "data/m1/later", `${n}`);
  await a.core.log.truncate(a.core.log.lastIndex());
  let wasCut = (): boolean => false;
  b.syncing = () => {
    if (!set.logLines.some((line) => line.includes("snapshot begins again"))) return;
    wasCut = cutAt(b, commit, survivors);
    b.syncing();
  };
  set.network.mend("b", a.address);
  await b.replication.recover("performance");
  await until("power fails", () => wasCut());
  b.syncing = () => undefined;
  await b.restart();
  expect(b.status("performance").mode).not.toBe("disabled");
  await until("roots are equal", () => isEqual(a, b, "performance"));
  expect(await getKey(b.core, "data/own/x")).toBeUndefined();
});

test("a build is never taken up again with the credentials of another", async () => {
  const [a, b] = await pair();
  await halfBuild(a, b);
  const earlier = await new ReplicationStore(b.core.barrier).readBuild();
  if (earlier === undefined) throw new Error("no build is on record");
  const seen = new Set<unknown>();
  for (let run = 0; !seen.has("never cut"); run += 1) {
    await b.replication.disableSecondary("performance");
    const { barrier } = b.core;
    await barrier.commit([new ReplicationStore(barrier).putBuild(earlier)]);
    set.network.mend("b", a.address);
    const request = { token: await token(a), api: NO_API };
    const wasCut = cutAt(b, 1 + Math.floor(run / 2), run % 2);
    const worked = await b.replication.enableSecondary("performance", request).then(
      () => true,
      () => false,
    );
    b.syncing = () => undefined;
    if (!wasCut()) seen.add("never cut");
    else await b.restart();
    const isLeft = b.status("performance").mode === "disabled";
    seen.add(isLeft ? "left" : "follows");
    if (worked) expect(isLeft).toBe(false);
    if (isLeft) await b.replication.enableSecondary("performance", { token: await token(a), api: NO_API });
    await until("roots are equal", () => isEqual(a, b, "performance"));
  }
  expect(seen).toEqual(new Set(["left", "follows", "never cut"]));
});
