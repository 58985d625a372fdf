import type { ReplicationMode } from "../../sdk/log";
import { ReplicationStore } from "../role/replication-store";
import { getKey, putKey, putMount } from "./test-cluster";
import { isEqual, link, NO_API, type TestNode, type TestSet, until } from "./test-set";

/** A cluster with data of its own that has half of the primary's snapshot, and is cut off from it. */
export async function halfBuilt(set: TestSet, mode: ReplicationMode): Promise<readonly [TestNode, TestNode]> {
  const a = await set.start("a", { chunkPairs: 20 });
  for (let n = 0; n < 200; n += 1) await putKey(a.core, `data/m1/k${n}`, `${n}`);
  await putMount(a.core, "m1", "secret/");
  await a.replication.enablePrimary(mode, { primaryClusterAddress: "" });
  const b = await set.start("b");
  await putKey(b.core, "data/own/x", "mine");
  await putKey(b.core, "core/token/own", "token", "local");
  await halfBuildAgain(set, a, b, mode);
  return [a, b];
}

/** As `halfBuilt`, where both are there already. */
export async function halfBuildAgain(set: TestSet, a: TestNode, b: TestNode, mode: ReplicationMode): Promise<void> {
  set.network.mend("b", a.address);
  const wrap = await a.replication.issueSecondaryToken(mode, { id: "b", ttlSeconds: 60, creationPath: "p" });
  let chunks = 0;
  set.network.tap = ({ toServer, kind }) => {
    if (kind !== "snapshot" || toServer) return;
    chunks += 1;
    if (chunks === 3) set.network.cut("b", a.address);
  };
  await b.replication.enableSecondary(mode, { token: wrap.token, api: NO_API });
  await until("some chunks came", () => chunks >= 3);
}

/** A secondary that replaces what it holds by a snapshot, and is cut off in the middle of it. */
export async function halfReplaced(set: TestSet, mode: ReplicationMode): Promise<readonly [TestNode, TestNode]> {
  const [a, b] = [await set.start("a", { chunkPairs: 20 }), await set.start("b")];
  for (let n = 0; n < 200; n += 1) await putKey(a.core, `data/m1/k${n}`, `${n}`);
  await putMount(a.core, "m1", "secret/");
  await a.replication.enablePrimary(mode, { primaryClusterAddress: "" });
  await link(a, b, mode);
  await until("roots are equal", () => isEqual(a, b, mode));
  set.network.cut("b", a.address);
  await until("b is away", () => !b.isStreaming(mode));
  await b.loseStored("replicated", "data/m1/k7");
  await putKey(a.core, "data/m1/k7", "changed");
  await a.core.log.truncate(a.core.log.lastIndex());
  let chunks = 0;
  set.network.tap = ({ toServer, kind }) => {
    if (kind !== "snapshot" || toServer) return;
    chunks += 1;
    if (chunks === 3) set.network.cut("b", a.address);
  };
  set.network.mend("b", a.address);
  await b.replication.recover(mode);
  await until("some chunks came", () => chunks >= 3);
  return [a, b];
}

/** The bootstrap was left: the cluster has its own data as before, and nothing of the build is kept. */
export async function expectOwnAgain(b: TestNode, mode: ReplicationMode): Promise<void> {
  expect(b.status(mode).mode).toBe("disabled");
  expect(await getKey(b.core, "data/own/x")).toBe("mine");
  expect(await getKey(b.core, "core/token/own", "local")).toBe("token");
  expect(await getKey(b.core, "data/m1/k1")).toBeUndefined();
  await putKey(b.core, "data/own/y", "written");
  await until("what was built is removed", () => b.generationsStored().size === 1);
  expect(await b.core.generations.resume()).toBeUndefined();
  expect(await new ReplicationStore(b.core.barrier).readBuild()).toBeUndefined();
}
