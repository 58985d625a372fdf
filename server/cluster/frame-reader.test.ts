import { FrameReader, frameHeader } from "./frame-reader";
import { HeldBytes } from "./held-bytes";

const framed = (length: number): Buffer => Buffer.concat([frameHeader(length), Buffer.alloc(length, 1)]);

test("channels share what unfinished frames may hold; finished and dropped ones give it back", () => {
  const budget = new HeldBytes(100);
  const [first, second] = [new FrameReader(1_000, budget), new FrameReader(1_000, budget)];
  first.push(framed(200).subarray(0, 60));
  expect(() => second.push(framed(200).subarray(0, 60))).toThrow("unfinished frames of one connection");
  second.push(framed(36));
  expect(second.next()).toHaveLength(36);
  second.push(framed(36));
  expect(second.next()).toHaveLength(36);
  first.leaveBudget();
  second.push(framed(200).subarray(0, 100));
  expect(second.next()).toBeUndefined();
});

test("what had arrived whole is still read after the channel is gone", () => {
  const reader = new FrameReader(1_000, new HeldBytes(100));
  reader.push(Buffer.concat([framed(10), framed(20)]));
  reader.leaveBudget();
  expect([reader.next()?.length, reader.next()?.length, reader.next()]).toEqual([10, 20, undefined]);
});

test("a long run of frames leaves the budget as it was", () => {
  const budget = new HeldBytes(100);
  const reader = new FrameReader(1_000, budget);
  for (let count = 0; count < 1_000; count += 1) {
    const bytes = framed(count % 90);
    for (const part of [bytes.subarray(0, 3), bytes.subarray(3)]) if (part.length > 0) reader.push(part);
    expect(reader.next()).toHaveLength(count % 90);
  }
  reader.push(Buffer.alloc(100));
});
