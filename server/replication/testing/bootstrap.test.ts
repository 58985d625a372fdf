import { getKey, putKey, putMount } from "./test-cluster";
import { isEqual, link, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(() => set.close());

test("a performance secondary gets the shared data and follows it, and nothing local", async () => {
  const [a, b] = [await set.start("a"), await set.start("b")];
  await putMount(a.core, "m1", "secret/");
  await putKey(a.core, "data/m1/before", "1");
  await putKey(a.core, "core/token/x", "secret token", "local");
  await putKey(b.core, "data/own/gone", "wiped");
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await link(a, b, "performance");
  expect(await getKey(b.core, "data/m1/before")).toBe("1");
  expect(await getKey(b.core, "data/own/gone")).toBeUndefined();
  expect(await getKey(b.core, "core/token/x", "local")).toBeUndefined();
  await putKey(a.core, "data/m1/after", "2");
  await until("the write arrives", async () => (await getKey(b.core, "data/m1/after")) === "2");
  await until("roots are equal", () => isEqual(a, b, "performance"));
});
