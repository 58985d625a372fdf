import { decodeFrame } from "../stream/frames";
import { FilteredPair, heldKeys, KEYS } from "./filtered-pair";
import { getKey, putKey, putMount } from "./test-cluster";
import { link, type TestNode, type TestSet, until } from "./test-set";

let pair: FilteredPair;
let set: TestSet;
let a: TestNode;
let b: TestNode;

beforeEach(async () => {
  pair = await FilteredPair.start();
  ({ set, a, b } = pair);
});
afterEach(() => set.close());

/** @returns its ciphertext: what must not be in a frame */
async function putSecret(): Promise<Buffer> {
  await putKey(a.core, "data/hidden-mount/secret", "never");
  const [secret] = await a.core.log.readCiphertexts("replicated", ["data/hidden-mount/secret"]);
  if (secret === undefined) throw new Error("the secret is not stored");
  return secret;
}

/** Frames that the primary sends to anybody, below TLS. */
function sentFromNowOn(): readonly Buffer[] {
  const sent: Buffer[] = [];
  set.network.tap = ({ toServer, bytes }) => (toServer ? undefined : void sent.push(bytes));
  return sent;
}

describe("what the filter says while a repair runs", () => {
  test("counts at once: nothing of a mount that it hides again is sent any more", async () => {
    await pair.hide();
    await link(a, b, "performance");
    const repair = pair.holdRepair(4);
    await pair.show();
    await until("the repair is under way", repair.isHeld);
    await pair.hide();
    const secret = await putSecret();
    const sent: Buffer[] = [];
    const kinds: string[] = [];
    set.network.tap = ({ kind, toServer, bytes }) => {
      if (toServer) return;
      sent.push(bytes);
      if (kind === "stream") kinds.push(decodeFrame(bytes).kind);
    };
    repair.release();
    await putKey(a.core, "data/open-mount/k", "goes on");
    await until("it goes on", async () => (await getKey(b.core, "data/open-mount/k")) === "goes on");
    expect(await heldKeys(b)).toEqual([]);
    await until("b streams", () => b.isStreaming("performance"));
    expect(b.status("performance").partial_repair).toBeUndefined();
    expect(kinds.filter((kind) => kind === "forget" || kind === "diverged" || kind === "welcome")).toEqual(["forget"]);
    expect(sent.some((bytes) => bytes.includes("data/open-mount/k"))).toBe(true);
    expect(sent.some((bytes) => bytes.includes(secret))).toBe(false);
    expect(sent.some((bytes) => bytes.includes("data/hidden-mount/"))).toBe(false);
  }, 30_000);

  test("about another mount makes the one that was sent in part whole without a diff", async () => {
    await pair.hide();
    await link(a, b, "performance");
    const repair = pair.holdRepair(4);
    await pair.show();
    await until("the repair is under way", repair.isHeld);
    await pair.hide("open/");
    const view = a.core.barrier.view("data/hidden-mount/", "replicated");
    await view.commit([view.delete("k0"), view.put("k1", Buffer.from("changed"))]);
    repair.release();
    await until(
      "b streams",
      () => b.isStreaming("performance") && b.status("performance").partial_repair === undefined,
    );
    expect((await heldKeys(b)).length).toBe(KEYS - 1);
    expect(await getKey(b.core, "data/hidden-mount/k1")).toBe("changed");
    expect(await getKey(b.core, "data/open-mount/k")).toBeUndefined();
    expect(pair.states()).not.toContain("merkle-sync -> merkle-diff");
  }, 30_000);

  test("holds for a mount that is moved meanwhile to a path that it hides", async () => {
    await pair.hide("hidden/", "moved/");
    await link(a, b, "performance");
    const repair = pair.holdRepair(4);
    await pair.hide("moved/");
    await until("the repair is under way", repair.isHeld);
    await putMount(a.core, "hidden-mount", "moved/");
    const secret = await putSecret();
    const sent = sentFromNowOn();
    repair.release();
    await putKey(a.core, "data/open-mount/k", "goes on");
    await until("it goes on", async () => (await getKey(b.core, "data/open-mount/k")) === "goes on");
    expect(await heldKeys(b)).toEqual([]);
    await putKey(a.core, "data/hidden-mount/next", "never");
    await putKey(a.core, "data/open-mount/k", "and on");
    await until("it goes on", async () => (await getKey(b.core, "data/open-mount/k")) === "and on");
    expect(await heldKeys(b)).toEqual([]);
    expect(sent.some((bytes) => bytes.includes(secret))).toBe(false);
    await until("b streams", () => b.isStreaming("performance"));
  }, 30_000);
});

test("who comes by a snapshot gets nothing of a mount that was moved meanwhile to a path that its filter hides", async () => {
  await pair.hide("moved/");
  await link(a, b, "performance");
  await b.replication.disableSecondary("performance");
  await putMount(a.core, "hidden-mount", "moved/");
  const secret = await putSecret();
  const sent = sentFromNowOn();
  await link(a, b, "performance");
  expect(await heldKeys(b)).toEqual([]);
  expect(await getKey(b.core, "data/open-mount/k")).toBe("before");
  expect(sent.some((bytes) => bytes.includes(secret))).toBe(false);
}, 30_000);

test("who comes by a diff gets nothing of a mount that was moved, while it was away, to a path that its filter hides", async () => {
  await pair.hide("moved/");
  await link(a, b, "performance");
  set.network.cut("b", a.address);
  await until("b is away", () => !b.isStreaming("performance"));
  await putMount(a.core, "hidden-mount", "moved/");
  const secret = await putSecret();
  await putKey(a.core, "data/open-mount/k", "later");
  await a.core.log.truncate(a.core.log.lastIndex());
  const sent = sentFromNowOn();
  set.network.mend("b", a.address);
  await b.replication.recover("performance");
  await until("it goes on", async () => (await getKey(b.core, "data/open-mount/k")) === "later");
  await until("b streams", () => b.isStreaming("performance"));
  expect(pair.states()).toContain("merkle-diff -> merkle-sync");
  expect(await heldKeys(b)).toEqual([]);
  expect(sent.some((bytes) => bytes.includes(secret))).toBe(false);
}, 30_000);
