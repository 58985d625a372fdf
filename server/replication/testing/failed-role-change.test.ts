import { ServerError } from "../../sdk/errors";
import { ReplicationStore } from "../role/replication-store";
import { putKey } from "./test-cluster";
import { link, NO_API, type TestNode, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await set.close();
});

const TO_NEW_ADDRESS = { primaryClusterAddress: "" } as const;
const damaged = (): ServerError => new ServerError("corrupt", { detail: "a flipped bit in what was read" });

/** The next commit of the node is durable; `then` runs before anybody hears of it. */
function afterNextCommit(node: TestNode, then: () => void): void {
  const { barrier } = node.core;
  const commit = barrier.commit.bind(barrier);
  jest.spyOn(barrier, "commit").mockImplementationOnce(async (operations, change) => {
    const receipt = await commit(operations, change);
    then();
    return receipt;
  });
}

test("a secondary whose new address could not be stored goes on following its primary", async () => {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("performance", TO_NEW_ADDRESS);
  await link(a, b, "performance");
  jest.spyOn(b.core.barrier, "commit").mockRejectedValueOnce(new Error("input/output error"));
  const told = b.replication.updatePrimary("performance", { token: undefined, api: NO_API, addresses: [a.address] });
  await expect(told).rejects.toThrow("input/output error");
  await until("b streams again", () => b.isStreaming("performance"));
});

test("a promotion is taken up whole although one of its records cannot be read at once", async () => {
  const [a, b, c] = [await set.start("a"), await set.start("b"), await set.start("c")];
  await a.replication.enablePrimary("performance", TO_NEW_ADDRESS);
  await link(a, b, "performance");
  await b.replication.enablePrimary("dr", TO_NEW_ADDRESS);
  await link(b, c, "dr");
  await b.close();
  const read = jest.spyOn(ReplicationStore.prototype, "readFormerPrimary").mockRejectedValueOnce(damaged());
  await c.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  await until("c follows a in b's place", () => c.isStreaming("performance"));
  expect(c.replication.state()).toMatchObject({ performance: "secondary", dr: "primary" });
  await putKey(c.core, "data/m1/own", "x", "local");
  await until("the record was read again", () => read.mock.results.length > 2);
  await b.open();
  await until("b was told", () => b.status("dr").state === "fenced");
});

test("a demotion that is durable is one although the roles cannot be read at once: nothing is acknowledged after it", async () => {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("dr", TO_NEW_ADDRESS);
  await link(a, b, "dr");
  afterNextCommit(a, () => void jest.spyOn(ReplicationStore.prototype, "load").mockRejectedValueOnce(damaged()));
  const signal = new AbortController().signal;
  await a.replication.demotePrimary("dr", { targetId: "b", signal });
  await expect(putKey(a.core, "data/m1/k", "later")).rejects.toMatchObject({ code: "read_only" });
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: false });
  await putKey(b.core, "data/m1/k", "on b");
});

test("a former primary is looked for although the note of it could not be read once", async () => {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("dr", TO_NEW_ADDRESS);
  await link(a, b, "dr");
  await a.close();
  await b.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  const read = jest.spyOn(ReplicationStore.prototype, "readFormerPrimary").mockRejectedValueOnce(damaged());
  await until("the note was to be read", () => read.mock.results.length > 0);
  await a.open();
  await until("a was told", () => a.status("dr").state === "fenced");
});
