import { ServerError } from "../../sdk/errors";
import { putKey } from "./test-cluster";
import { link, NO_API, type TestNode, TestSet } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(() => set.close());

const never = new AbortController().signal;

/** Starts a client's write in the very moment in which the next commit (the role change's) is under way. */
function writeBesideNextCommit(node: TestNode): () => Promise<unknown> {
  const { barrier } = node.core;
  const commit = barrier.commit.bind(barrier);
  let write: Promise<unknown> | undefined;
  jest.spyOn(barrier, "commit").mockImplementationOnce((operations, change) => {
    const committed = commit(operations, change);
    write = putKey(node.core, "data/m1/beside", "client's");
    write.catch(() => undefined);
    return committed;
  });
  return () => write ?? Promise.reject(new Error("nothing was committed"));
}

test("a demotion's own commit lets no client's write through: its target would not have it", async () => {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  const written = writeBesideNextCommit(a);
  await a.replication.demotePrimary("dr", { targetId: "b", signal: never });
  await expect(written()).rejects.toMatchObject({ code: "draining" });
});

test("a demotion that a failed disk made durable all the same is a demotion: nothing is acknowledged after it", async () => {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  const { barrier } = a.core;
  const commit = barrier.commit.bind(barrier);
  let beside: Promise<unknown> | undefined;
  jest.spyOn(barrier, "commit").mockImplementationOnce(async (operations, change) => {
    await commit(operations, change);
    beside = putKey(a.core, "data/m1/k", "after it");
    beside.catch(() => undefined);
    throw new ServerError("internal", { detail: "the storage failed a commit" });
  });
  await expect(a.replication.demotePrimary("dr", { targetId: "b", signal: never })).rejects.toThrow("failed a commit");
  await expect(beside).rejects.toMatchObject({ code: "draining" });
  expect(a.replication.state().dr).toBe("secondary");
  await expect(putKey(a.core, "data/m1/k", "later")).rejects.toMatchObject({ code: "read_only" });
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: false });
  await putKey(b.core, "data/m1/k", "on b");
});

test("a secondary that stores a new primary's address takes no shared write meanwhile", async () => {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await link(a, b, "performance");
  const written = writeBesideNextCommit(b);
  await b.replication.updatePrimary("performance", { token: undefined, api: NO_API, addresses: [a.address] });
  await expect(written()).rejects.toMatchObject({ code: "read_only" });
});
