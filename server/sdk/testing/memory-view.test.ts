import { isServerError } from "../errors";
import { MemoryBarrier, memoryView } from "./memory-view";
import { mountContext } from "./mount-context";

const bytes = (text: string): Buffer => Buffer.from(text);

test("a commit writes all of its operations, over several views, or none", async () => {
  const barrier = new MemoryBarrier();
  const shared = memoryView("replicated", "m1", barrier);
  const local = memoryView("local", "m1", barrier).narrow("x/");
  await shared.commit([shared.put("a", bytes("1"), { ifRevision: 0 }), local.put("b", bytes("2"))]);
  const first = await shared.get("a");
  expect(first?.value.toString()).toBe("1");
  const late = shared.commit([shared.put("c", bytes("3")), shared.put("a", bytes("4"), { ifRevision: 0 })]);
  await expect(late).rejects.toMatchObject({ code: "write_conflict" });
  expect(await shared.get("c")).toBeUndefined();
  await shared.commit([shared.delete("a", { ifRevision: first?.revision ?? -1 })]);
  expect(shared.peek("a")).toBeUndefined();
  expect((await local.get("b"))?.value.toString()).toBe("2");
});

test("lists are sorted by bytes, with folders once, in pages", async () => {
  const view = memoryView("replicated", "m1");
  const keys = ["n/a/1", "n/a/2", "n/a", "n/\uffff", "n/\u{10000}", "other"];
  await view.commit(keys.map((key) => view.put(key, bytes(""))));
  expect(await view.list("n/", { limit: 10 })).toEqual(["a", "a/", "\uffff", "\u{10000}"]);
  expect(await view.list("n/", { limit: 1, after: "a" })).toEqual(["a/"]);
  expect(await view.narrow("n/").listAll("a/", { limit: 10 })).toEqual(["a/1", "a/2"]);
});

test("a sealed barrier fails every call", async () => {
  const { barrier, storage } = mountContext();
  barrier.sealed = true;
  await expect(storage.get("a")).rejects.toMatchObject({ code: "sealed" });
  await expect(storage.list("", { limit: 1 })).rejects.toMatchObject({ code: "sealed" });
  await expect(storage.commit([])).rejects.toMatchObject({ code: "sealed" });
  try {
    storage.peek("a");
    throw new Error("peek answered");
  } catch (error) {
    expect(isServerError(error, "sealed")).toBe(true);
  }
});

test("timers run in order when the clock is advanced", () => {
  const { clock } = mountContext();
  const seen: number[] = [];
  clock.setTimer(20, () => seen.push(clock.monotonicMilliseconds()));
  clock.setTimer(10, () => {
    seen.push(clock.monotonicMilliseconds());
    clock.setTimer(5, () => seen.push(clock.monotonicMilliseconds()));
  });
  clock.setTimer(12, () => seen.push(-1)).cancel();
  clock.advance(30);
  expect(seen).toEqual([10, 15, 20]);
});
