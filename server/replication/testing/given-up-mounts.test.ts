import { FilteredPair, heldKeys, KEYS, ownKeys, promote } from "./filtered-pair";
import { getKey, putKey } from "./test-cluster";
import { isEqual, link, type TestNode, type TestSet, until } from "./test-set";

let pair: FilteredPair;
let set: TestSet;
let a: TestNode;
let b: TestNode;

beforeEach(async () => {
  pair = await FilteredPair.start();
  ({ set, a, b } = pair);
  await link(a, b, "performance");
  const own = b.core.barrier.view("data/hidden-mount/", "local");
  await own.commit([own.put("own", Buffer.from("lease"))]);
});
afterEach(() => set.close());

async function isGoneAt(node: TestNode): Promise<boolean> {
  const left = [...(await heldKeys(node)), ...(await ownKeys(node))];
  return left.length === 0 && (await getKey(node.core, "mounts/hidden-mount")) === undefined;
}

/** What the secondary's disk does at its commits, counted from 1, once it is `told` what it may no longer hold. */
function atCommits(told: () => boolean, act: (commit: number) => void): void {
  let commits = 0;
  b.syncing = () => {
    if (!told()) return;
    commits += 1;
    act(commits);
  };
}

/** The commit of that number is the last that becomes durable before power fails, and the two are cut off from each other. */
function failBehind(told: () => boolean, last: number): () => boolean {
  let isOver = false;
  atCommits(told, (commit) => {
    if (commit !== last) return;
    isOver = true;
    b.crash(1);
    set.network.cut("b", a.address);
  });
  return () => isOver;
}

/** The primary has sent what says which mounts are to go. */
function forgetIsSent(): () => boolean {
  let isSent = false;
  pair.onStream(({ kind }) => {
    isSent ||= kind === "forget";
  });
  return () => isSent;
}

// On record, the entry, three pages of data, what the secondary has of its own, no longer on record.
test.each([1, 2, 3, 4, 5, 6, 7])(
  "a mount that the filter hides now is gone in the end, also without the primary: power fails behind commit %d",
  async (last) => {
    const hasFailed = failBehind(forgetIsSent(), last);
    await pair.hide();
    await until("power failed", hasFailed);
    b.syncing = () => undefined;
    await a.close();
    await b.restart();
    await until("all of it is gone", () => isGoneAt(b));
    await promote(b, true);
    expect(await isGoneAt(b)).toBe(true);
    expect(await getKey(b.core, "data/open-mount/k")).toBe("before");
  },
  30_000,
);

// In doubt, on record, the entry, three pages of data, what the secondary has of its own, no longer on record.
test.each([2, 3, 4, 5, 6, 7, 8])(
  "so is one that a diff finds it may not hold: power fails behind commit %d",
  async (last) => {
    set.network.cut("b", a.address);
    await until("b is away", () => !b.isStreaming("performance"));
    await pair.hide();
    await putKey(a.core, "data/open-mount/k", "later");
    await a.core.log.truncate(a.core.log.lastIndex());
    let isCompared = false;
    set.network.tap = ({ kind, toServer }) => {
      isCompared ||= kind === "diff" && !toServer;
    };
    const hasFailed = failBehind(() => isCompared, last);
    set.network.mend("b", a.address);
    await b.replication.recover("performance");
    await until("power failed", hasFailed);
    b.syncing = () => undefined;
    await a.close();
    await b.restart();
    await until("all of it is gone", () => isGoneAt(b));
    await expect(promote(b, true)).rejects.toMatchObject({ code: "catching_up" });
  },
  30_000,
);

test("what the primary lets through again before the secondary is back comes anew", async () => {
  const hasFailed = failBehind(forgetIsSent(), 4);
  await pair.hide();
  await until("power failed", hasFailed);
  b.syncing = () => undefined;
  await pair.show();
  await b.restart();
  await until("all of it is gone", () => isGoneAt(b));
  set.network.mend("b", a.address);
  await b.replication.recover("performance");
  await until("all of it is here", () => isEqual(a, b, "performance"));
  expect((await heldKeys(b)).length).toBe(KEYS);
  expect(await ownKeys(b)).toEqual([]);
}, 30_000);

test("the DR secondary that takes the secondary's place in the middle brings the removal to its end", async () => {
  const e = await set.start("e");
  await b.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(b, e, "dr");
  let isFailing = false;
  atCommits(forgetIsSent(), (commit) => {
    isFailing ||= commit === 4;
    if (isFailing) throw new Error("the disk is gone");
  });
  await pair.hide();
  await until("the disk is gone", () => isFailing && b.status("performance").state === "idle");
  await until("e has half of it", async () => {
    const left = (await heldKeys(e)).length;
    return left > 0 && left < KEYS;
  });
  expect(await ownKeys(e)).toEqual(["own"]);
  await b.close();
  await a.close();
  expect(await isGoneAt(e)).toBe(false);
  await e.replication.promoteSecondary("dr", { primaryClusterAddress: "", force: true });
  await until("all of it is gone", () => isGoneAt(e));
  expect(await getKey(e.core, "data/open-mount/k")).toBe("before");
}, 30_000);
