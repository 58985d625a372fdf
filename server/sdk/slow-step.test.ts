import type { Logger } from "./logger";
import { slowStepTold } from "./slow-step";
import { ManualClock } from "./testing/manual-clock";

function watched() {
  const clock = new ManualClock();
  const lines: unknown[] = [];
  const logger: Logger = { log: (...line) => void lines.push(line), named: () => logger };
  return { clock, lines, logger };
}

const told = (seconds: number) => ["warn", "this takes long and is still waited for", { step: "the mounts", seconds }];
const ended = (seconds: number) => ["warn", "what took long has ended", { step: "the mounts", seconds }];

test("a step that takes long is named while it is waited for, and again when it ends", async () => {
  const { clock, lines, logger } = watched();
  let finish: (value: string) => void = () => undefined;
  const step = slowStepTold(
    { clock, logger },
    "the mounts",
    () => new Promise<string>((resolve) => (finish = resolve)),
  );
  clock.advance(9_999);
  expect(lines).toEqual([]);
  clock.advance(1);
  expect(lines).toEqual([told(10)]);
  clock.advance(90_000);
  finish("open");
  expect(await step).toBe("open");
  expect(lines).toEqual([told(10), ended(100)]);
});

test("nothing is said of a step that ended in time, whether it worked or not", async () => {
  const { clock, lines, logger } = watched();
  expect(await slowStepTold({ clock, logger }, "the mounts", async () => 1)).toBe(1);
  const failing = slowStepTold({ clock, logger }, "the mounts", () => Promise.reject(new Error("damaged")));
  await expect(failing).rejects.toThrow("damaged");
  clock.advance(60_000);
  expect(lines).toEqual([]);
});

test("a step that fails late has ended too, and its caller gets the failure", async () => {
  const { clock, lines, logger } = watched();
  let fail: (error: Error) => void = () => undefined;
  const step = slowStepTold({ clock, logger }, "the mounts", () => new Promise<void>((_, reject) => (fail = reject)));
  clock.advance(12_000);
  fail(new Error("damaged"));
  await expect(step).rejects.toThrow("damaged");
  expect(lines).toEqual([told(10), ended(12)]);
});
