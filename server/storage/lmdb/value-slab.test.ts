import { ValueSlab } from "./value-slab";

/** As the engine lends it: longer than the value, and used again for the next one. */
const lent = Buffer.alloc(64 * 1024);

test("each copy is the value alone and stays what it was", () => {
  const slab = new ValueSlab();
  const copies = Array.from({ length: 5_000 }, (_, at) => {
    const length = (at * 37) % 20_000;
    lent.fill(at % 256, 0, length);
    return { copy: slab.copy(lent, length), length, byte: at % 256 };
  });
  for (const { copy, length, byte } of copies) {
    expect(copy).toHaveLength(length);
    expect(copy.equals(Buffer.alloc(length, byte))).toBe(true);
  }
});

test("a large value does not take up what others share", () => {
  const slab = new ValueSlab();
  const before = slab.copy(lent, 100);
  const large = slab.copy(lent, 60_000);
  expect(large.buffer).not.toBe(before.buffer);
  expect(slab.copy(lent, 100).buffer).toBe(before.buffer);
});
