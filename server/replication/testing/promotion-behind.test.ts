import { getKey, putKey } from "./test-cluster";
import { link, TestSet, until } from "./test-set";

let set: TestSet;
afterEach(() => set.close());

test("a secondary that knows of entries that it lacks is promoted by force only", async () => {
  set = new TestSet();
  const [a, b] = [await set.start("a", { windowBytes: 1, frameBytes: 1 }), await set.start("b")];
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  // Each ack is late and the window takes one entry: heartbeats tell of what is still to come.
  set.network.holding = ({ kind, toServer }) =>
    kind === "stream" && toServer ? new Promise((resolve) => setTimeout(resolve, 50)) : undefined;
  for (let n = 0; n < 80; n += 1) await putKey(a.core, `data/m1/k${n}`, "v");
  const lacks = async (): Promise<number> => Number((await b.replication.failoverPlan("dr")).writes_behind);
  await until("b knows what it lacks", async () => (await lacks()) > 5);
  expect(b.isStreaming("dr")).toBe(true);
  expect(await b.replication.failoverPlan("dr")).toMatchObject({ promote_allowed: false });
  const promotion = { primaryClusterAddress: "", force: false };
  await expect(b.replication.promoteSecondary("dr", promotion)).rejects.toMatchObject({ code: "catching_up" });
  set.network.holding = () => undefined;
  await until("b has everything", async () => (await getKey(b.core, "data/m1/k79")) === "v" && (await lacks()) === 0);
  await b.replication.promoteSecondary("dr", promotion);
}, 20_000);
