import fc from "fast-check";
import { addChecksum, isZeroChecksum, subtractChecksum, zeroChecksum } from "../../sdk/checksum";
import { BucketIndex } from "./bucket-index";

const MOUNT = { class: "replicated", mountId: "m" } as const;

/** The leaves of a model that hold anything: number and sum, as hexadecimal text. */
function held(model: ReadonlyMap<number, Buffer>): readonly (readonly [number, string])[] {
  return [...model]
    .filter(([, sum]) => !isZeroChecksum(sum))
    .map(([leaf, sum]) => [leaf, sum.toString("hex")] as const);
}

function negated(sum: Buffer): Buffer {
  const zero = zeroChecksum();
  subtractChecksum(zero, sum);
  return zero;
}

test("a leaf is the sum of its changes, also where others were emptied and came back", () => {
  const leaf = fc.integer({ min: 0, max: 12 }).map((number) => number * 100);
  const change = fc.record({ leaf, byte: fc.integer({ min: 1, max: 255 }), empties: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const index = new BucketIndex();
      const model = new Map<number, Buffer>();
      const total = zeroChecksum();
      for (const { leaf: number, byte, empties } of changes) {
        const sum = model.get(number) ?? zeroChecksum();
        model.set(number, sum);
        const delta = empties ? negated(sum) : Buffer.alloc(32, byte);
        index.add({ ...MOUNT, leaf: number, delta });
        addChecksum(sum, delta);
        addChecksum(total, delta);
      }
      const pages = index.pages(MOUNT.class, MOUNT.mountId);
      const leaves = pages.flatMap((page) => index.leaves(MOUNT.class, MOUNT.mountId, page.number));
      const found = leaves.map(({ number, sum }) => [number, sum.toString("hex")] as const);
      expect(new Map(found)).toEqual(new Map(held(model)));
      expect(found.length).toBe(held(model).length);
      expect(index.classSum(MOUNT.class)).toEqual(total);
      expect(index.mounts().length).toBe(found.length === 0 ? 0 : 1);
    }),
  );
});
