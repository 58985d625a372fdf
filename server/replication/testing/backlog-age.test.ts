import { systemClock } from "../../sdk/clock";
import { ManualClock } from "../../sdk/testing/manual-clock";
import { backlogAgeMilliseconds } from "../stream/backlog-age";
import { putKey } from "./test-cluster";
import { isEqual, link, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(() => set.close());

test("a backlog is as old as its oldest entry", async () => {
  const { core } = await set.start("a");
  const first = await putKey(core, "data/m1/a", "1");
  await new Promise((resolve) => setTimeout(resolve, 20));
  const second = await putKey(core, "data/m1/b", "1");
  const [entry] = await core.log.readBatch(first, 1);
  const clock = new ManualClock((entry?.writtenAtMilliseconds ?? 0) + 5_000);
  expect(await backlogAgeMilliseconds(core.log, clock, second)).toBe(0);
  expect(await backlogAgeMilliseconds(core.log, clock, first)).toBe(5_000);
  expect(await backlogAgeMilliseconds(core.log, clock, first - 1)).toBeGreaterThanOrEqual(5_020);
  // A clock that was put back makes nothing younger than new.
  clock.setWall(0);
  expect(await backlogAgeMilliseconds(core.log, clock, first)).toBe(0);
  await core.log.truncate(second);
  expect(await backlogAgeMilliseconds(core.log, systemClock, first - 1)).toBe(0);
});

test("a secondary that was away is as old as its absence, and young again once it has caught up", async () => {
  const [a, b] = [await set.start("a"), await set.start("b", { windowBytes: 1, frameBytes: 1 })];
  await a.replication.enablePrimary("performance", { primaryClusterAddress: "" });
  await link(a, b, "performance");
  await until("both are equal", () => isEqual(a, b, "performance"));
  const ageOnA = (): number => {
    const [peer] = a.status("performance").secondaries as readonly Record<string, string>[];
    return Number(peer?.replication_primary_canary_age_ms);
  };
  set.network.cut("b", a.address);
  await until("a noticed", () => JSON.stringify(a.status("performance").secondaries).includes("disconnected"));
  for (let n = 0; n < 3; n += 1) await putKey(a.core, `data/m1/${n}`, "1");
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(ageOnA()).toBeGreaterThanOrEqual(600);
  set.network.mend("b", a.address);
  await b.replication.recover("performance");
  await until("both are equal", () => isEqual(a, b, "performance"));
  await until("it is young again", () => ageOnA() < 300);
});
