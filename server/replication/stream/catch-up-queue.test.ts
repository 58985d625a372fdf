import fc from "fast-check";
import { CatchUpQueue } from "./catch-up-queue";

test("never more at once than allowed, in the order they came, whoever leaves when", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 3, max: 8 }), { minLength: 1, maxLength: 60 }),
      async (servedMax, pauses) => {
        const queue = new CatchUpQueue(servedMax);
        const began: number[] = [];
        let [served, peak] = [0, 0];
        const visits = pauses.map(async (pause, n) => {
          const leave = await queue.enter(`s${n}`, () => undefined);
          began.push(n);
          served += 1;
          peak = Math.max(peak, served);
          for (let turn = 0; turn < pause; turn += 1) await Promise.resolve();
          served -= 1;
          leave?.();
          leave?.();
        });
        await Promise.all(visits);
        expect(began).toEqual(pauses.map((_, n) => n));
        expect(peak).toBe(Math.min(servedMax, pauses.length));
      },
    ),
  );
});

test("tells the position, and who asks again gives up its former place", async () => {
  const queue = new CatchUpQueue(1);
  const told: [string, number][] = [];
  const enter = (name: string) => queue.enter(name, (position) => told.push([name, position]));
  const first = await enter("a");
  const b = enter("b");
  const c = enter("c");
  const again = enter("b");
  expect(await b).toBeUndefined();
  expect(told).toEqual([
    ["b", 1],
    ["c", 2],
    ["b", 2],
  ]);
  expect(["a", "b", "c"].map((name) => queue.positionOf(name))).toEqual([0, 2, 1]);
  first?.();
  (await c)?.();
  (await again)?.();
  expect(queue.positionOf("b")).toBe(0);
  expect(await enter("d")).toBeDefined();
});

test("one name has one turn: who comes again takes it over, and nobody else loses a turn by it", async () => {
  const queue = new CatchUpQueue(2);
  let ousted = 0;
  const enter = (name: string) =>
    queue.enter(
      name,
      () => undefined,
      () => {
        ousted += 1;
      },
    );
  const former = await enter("a");
  const present = await enter("a");
  expect(ousted).toBe(1);
  const b = await enter("b");
  const c = enter("c");
  expect(queue.positionOf("c")).toBe(1);
  former?.();
  expect(queue.positionOf("c")).toBe(1);
  present?.();
  expect(queue.positionOf("c")).toBe(0);
  // It has its turn although it has not heard of it yet.
  const again = enter("c");
  expect(ousted).toBe(2);
  (await c)?.();
  const d = enter("d");
  expect(queue.positionOf("d")).toBe(1);
  (await again)?.();
  b?.();
  (await d)?.();
  expect([await enter("e"), await enter("f")]).not.toContain(undefined);
});
