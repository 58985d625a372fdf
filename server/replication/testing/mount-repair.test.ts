import { FilteredPair, heldKeys, KEYS, promote } from "./filtered-pair";
import { getKey, putKey } from "./test-cluster";
import { isEqual, link, type TestNode, type TestSet, until } from "./test-set";

let pair: FilteredPair;
let set: TestSet;
let a: TestNode;
let b: TestNode;

beforeEach(async () => {
  pair = await FilteredPair.start();
  ({ set, a, b } = pair);
});
afterEach(() => set.close());

const never = new AbortController().signal;

const standing = async (index: number) =>
  b.replication.standing("performance", { epoch: a.replication.numbering("performance"), index });

describe("a mount that the filter lets through now", () => {
  test("half of it is promoted by nobody who does not say so, over restarts too", async () => {
    await pair.halfShown();
    await a.close();
    for (const restarts of [false, true]) {
      if (restarts) await b.restart();
      if (restarts) await until("b has tried", () => b.status("performance").connection_state === "transient_failure");
      expect(b.status("performance")).toMatchObject({ state: "idle", partial_repair: true });
      expect(await b.replication.failoverPlan("performance")).toMatchObject({
        promote_allowed: false,
        promote_refusal: expect.stringContaining("accept_partial_repair"),
      });
      for (const refused of [promote(b, false), promote(b, true), promote(b, false, true)]) {
        await expect(refused).rejects.toMatchObject({ code: "catching_up" });
      }
    }
    await promote(b, true, true);
    expect(b.status("performance")).toMatchObject({ mode: "primary", accepted_partial_repair: true });
  }, 30_000);

  test("is not served before all of it is here, and no index counts meanwhile", async () => {
    await pair.hide();
    await link(a, b, "performance");
    const before = await putKey(a.core, "data/open-mount/k", "during");
    await until("it is here", async () => (await standing(before)) === "held");
    const repair = pair.holdRepair(4);
    await pair.show();
    await until("the repair is under way", () => repair.isHeld() && b.status("performance").partial_repair === true);
    expect(b.status("performance").state).toBe("merkle-sync");
    expect(await getKey(b.core, "mounts/hidden-mount")).toBeUndefined();
    expect(await standing(before)).toBe("awaited");
    await expect(promote(b, true)).rejects.toMatchObject({ code: "catching_up" });
    const written = await putKey(a.core, "data/hidden-mount/k7", "later");
    const waits = b.replication.waitUntilApplied(
      "performance",
      { epoch: a.replication.numbering("performance"), index: written },
      never,
    );
    repair.release();
    expect(await waits).toBe(true);
    expect(await getKey(b.core, "data/hidden-mount/k7")).toBe("later");
    expect(b.status("performance")).toMatchObject({ state: "stream-wals" });
    expect(b.status("performance").partial_repair).toBeUndefined();
    expect(isEqual(a, b, "performance")).toBe(true);
    expect(pair.states().slice(-2)).toEqual(["stream-wals -> merkle-sync", "merkle-sync -> stream-wals"]);
    await a.close();
    await until("b noticed", () => !b.isStreaming("performance"));
    await promote(b, true);
    expect(b.status("performance").accepted_partial_repair).toBeUndefined();
  }, 30_000);

  test.each([false, true])(
    "comes to its end by itself after it was interrupted (restarted: %s)",
    async (restarted) => {
      await pair.halfShown();
      await putKey(a.core, "data/hidden-mount/k1", "while away");
      await putKey(a.core, "data/open-mount/k", "while away");
      if (restarted) await b.restart();
      set.network.mend("b", a.address);
      await b.replication.recover("performance");
      await until("all of it is here", () => isEqual(a, b, "performance"));
      expect(b.status("performance").partial_repair).toBeUndefined();
      expect(await getKey(b.core, "data/hidden-mount/k1")).toBe("while away");
      expect((await heldKeys(b)).length).toBe(KEYS);
      expect(b.opened).toBe(restarted ? 3 : 2);
    },
    30_000,
  );

  test("is taken back when the filter hides it again while it was interrupted", async () => {
    await pair.halfShown();
    await pair.hide();
    set.network.mend("b", a.address);
    await b.replication.recover("performance");
    await until(
      "b streams",
      () => b.isStreaming("performance") && b.status("performance").partial_repair === undefined,
    );
    expect(await heldKeys(b)).toEqual([]);
    await putKey(a.core, "data/open-mount/k", "goes on");
    await until("it goes on", async () => (await getKey(b.core, "data/open-mount/k")) === "goes on");
  }, 30_000);

  test("half of it is in doubt at the DR secondary that takes the secondary's place, too", async () => {
    const e = await set.start("e");
    await pair.hide();
    await link(a, b, "performance");
    await b.replication.enablePrimary("dr", { primaryClusterAddress: "" });
    await link(b, e, "dr");
    await pair.showHalf();
    await until("e is equal", () => isEqual(b, e, "dr"));
    await b.close();
    set.network.cut("e", a.address);
    await e.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
    expect(e.replication.state().performance).toBe("secondary");
    await expect(promote(e, true)).rejects.toMatchObject({ code: "catching_up" });
    expect(e.status("performance")).toMatchObject({ partial_repair: true });
    set.network.mend("e", a.address);
    await e.replication.recover("performance");
    await until("all of it is here", () => isEqual(a, e, "performance"), 15_000);
    expect((await heldKeys(e)).length).toBe(KEYS);
    expect(e.status("performance").partial_repair).toBeUndefined();
  }, 40_000);

  test("is waited for by a planned failover to who is getting it", async () => {
    await pair.hide();
    await link(a, b, "performance");
    const repair = pair.holdRepair(4);
    await pair.show();
    // Once all entries that there are have been acknowledged: nothing else holds the failover up.
    const last = a.core.log.lastIndex();
    await until("the repair is under way", repair.isHeld);
    let isOver = false;
    const demotion = a.replication.demotePrimary("performance", { targetId: "b", signal: never }).then(() => {
      isOver = true;
    });
    // Real time, since nothing happens that could be waited for: everything to the secondary is held.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isOver).toBe(false);
    expect(a.core.log.lastIndex()).toBe(last);
    repair.release();
    await demotion;
    await promote(b, false);
    expect((await heldKeys(b)).length).toBe(KEYS);
    expect(b.status("performance").accepted_partial_repair).toBeUndefined();
  }, 30_000);
});
