import { ManualClock } from "../../sdk/testing/manual-clock";
import { DurableWaits } from "./durable-waits";

function fixture(expired: (waits: DurableWaits) => void = () => undefined) {
  const clock = new ManualClock();
  const took: number[] = [];
  let timers = 0;
  const counting = {
    nowMilliseconds: () => clock.nowMilliseconds(),
    monotonicMilliseconds: () => clock.monotonicMilliseconds(),
    sleep: (milliseconds: number, signal?: AbortSignal) => clock.sleep(milliseconds, signal),
    setTimer: (milliseconds: number, run: () => void) => {
      timers += 1;
      return clock.setTimer(milliseconds, run);
    },
  };
  const waits: DurableWaits = new DurableWaits({
    clock: counting,
    timeoutMilliseconds: 1_000,
    expired: () => expired(waits),
    failure: () => new Error("too late"),
    took: (milliseconds) => void took.push(milliseconds),
  });
  return { clock, waits, took, timers: () => timers };
}

test("one ack serves everybody up to its index, in order, with one timer for all", async () => {
  const { clock, waits, took, timers } = fixture();
  const served: number[] = [];
  for (let index = 1; index <= 1_000; index += 1) void waits.wait(index).then(() => served.push(index));
  expect([waits.count, timers()]).toEqual([1_000, 1]);
  clock.advance(10);
  waits.reached(600);
  await Promise.resolve();
  expect(served).toEqual(Array.from({ length: 600 }, (_, at) => at + 1));
  expect([waits.count, took.length, took[0]]).toEqual([400, 600, 10]);
  waits.reached(1_000);
  expect(waits.count).toBe(0);
});

test("each gives up after its own time, and not before", async () => {
  const { clock, waits } = fixture();
  const ends: string[] = [];
  const follow = (name: string, wait: Promise<void>) =>
    void wait.then(
      () => ends.push(`${name} served`),
      (error: Error) => ends.push(`${name} ${error.message}`),
    );
  follow("first", waits.wait(1));
  clock.advance(600);
  follow("second", waits.wait(2));
  clock.advance(399);
  await Promise.resolve();
  expect(ends).toEqual([]);
  clock.advance(1);
  await Promise.resolve();
  await Promise.resolve();
  expect(ends).toEqual(["first too late"]);
  waits.reached(2);
  await Promise.resolve();
  await Promise.resolve();
  expect(ends).toEqual(["first too late", "second served"]);
});

test("who is told of the first that is late may let all of them go", async () => {
  const { clock, waits } = fixture((all) => all.releaseAll());
  const both = [waits.wait(1), waits.wait(2)];
  clock.advance(1_000);
  await expect(Promise.all(both)).resolves.toEqual([undefined, undefined]);
  const later = waits.wait(3);
  waits.failAll(new Error("closed"));
  await expect(later).rejects.toThrow("closed");
});
