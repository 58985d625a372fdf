import fc from "fast-check";
import type { LogEntry } from "../../sdk/log";
import { decodeFrame, encodeFrame } from "./frames";
import { WireReader, WireWriter } from "./wire";

const index = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const sum = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((array) => Buffer.from(array));
const text = fc.string({ unit: "grapheme", maxLength: 30 });
const keyClass = fc.constantFrom("replicated" as const, "local" as const);
const epoch = fc.record({ number: index, clusterId: text });
const operation = fc.record({ class: keyClass, mountId: text, key: text, value: fc.option(bytes, { nil: undefined }) });
const entry: fc.Arbitrary<LogEntry> = fc.record({
  version: fc.constant(1 as const),
  index,
  epochs: fc.record({ performance: epoch, dr: epoch }),
  origin: fc.record({ clusterId: text, index }),
  operations: fc.array(operation, { maxLength: 5 }),
  indexDelta: fc.array(fc.record({ class: keyClass, mountId: text, delta: sum }), { maxLength: 3 }),
  writtenAtMilliseconds: index,
});
const cursor = fc.record({
  clusterId: text,
  epoch,
  index,
  checksums: fc.record({ replicated: sum, local: sum }),
});

test("entries and repairs arrive as they were sent", () => {
  const frame = fc.record({ followsIndex: index, entries: fc.array(entry, { maxLength: 4 }), cursor });
  fc.assert(
    fc.property(frame, (body) => expect(decodeFrame(encodeFrame("entries", body))).toEqual({ kind: "entries", body })),
  );
  const repair = fc.record({
    origin: fc.record({ clusterId: text, index }),
    operations: fc.array(operation, { maxLength: 5 }),
    cursor: fc.option(cursor, { nil: undefined }),
  });
  fc.assert(
    fc.property(repair, (body) => expect(decodeFrame(encodeFrame("repair", body))).toEqual({ kind: "repair", body })),
  );
});

test("a cut or changed frame is refused or is another valid frame, and never more than it holds", () => {
  const frame = fc.record({ followsIndex: index, entries: fc.array(entry, { maxLength: 4 }), cursor });
  fc.assert(
    fc.property(frame, fc.nat(), fc.nat({ max: 255 }), (body, place, value) => {
      const encoded = encodeFrame("entries", body);
      const cut = encoded.subarray(0, place % encoded.length);
      expect(() => decodeFrame(cut)).toThrow();
      const changed = Buffer.from(encoded);
      changed[place % changed.length] = value;
      try {
        decodeFrame(changed);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
  );
});

test("noise is refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      try {
        decodeFrame(Buffer.from(noise));
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
  );
});

test("a count that promises more than the frame holds is refused before anything is kept", () => {
  const frame = new WireWriter().number(2 ** 40).finish();
  expect(() => new WireReader(frame).count(1)).toThrow("count is too high");
  expect(() => new WireReader(Buffer.alloc(20, 0xff)).number()).toThrow("too long");
});
