import { addChecksum, zeroChecksum } from "../../sdk/checksum";
import type { LogEntry, LoggedClass } from "../../sdk/log";
import { EntryBatch, SharedBatches } from "./entry-batch";
import { encodeFrame } from "./frames";
import { entryBytes } from "./record-codec";
import { zeroChecksums } from "./running-checksums";

const EPOCH = { number: 1, clusterId: "a" };

function entryAt(index: number, classes: readonly LoggedClass[] = ["replicated"]): LogEntry {
  return {
    version: 1,
    index,
    epochs: { performance: EPOCH, dr: EPOCH },
    origin: { clusterId: "a", index },
    operations: classes.map((keyClass) => ({
      class: keyClass,
      mountId: "m",
      key: `data/m/${index}`,
      value: undefined,
    })),
    indexDelta: classes.map((keyClass) => ({ class: keyClass, mountId: "m", delta: Buffer.alloc(32, index) })),
    writtenAtMilliseconds: 0,
  };
}

const entries = [entryAt(1), entryAt(2, ["local"]), entryAt(3, ["replicated", "local"]), entryAt(4)];

test("a batch holds what the mode ships, and says what that adds to the checksums", () => {
  const sum = (...addends: readonly number[]): Buffer => {
    const total = zeroChecksum();
    for (const addend of addends) addChecksum(total, Buffer.alloc(32, addend));
    return total;
  };
  const performance = new SharedBatches("performance", 1_000_000).take(entries);
  expect(performance.scanned).toBe(4);
  expect(performance.entries.map(({ index, operations }) => [index, operations.length])).toEqual([
    [1, 1],
    [3, 1],
    [4, 1],
  ]);
  expect(performance.delta).toEqual({ replicated: sum(1, 3, 4), local: sum() });
  const dr = new SharedBatches("dr", 1_000_000).take(entries);
  expect(dr.entries).toEqual(entries);
  expect(dr.delta).toEqual({ replicated: sum(1, 3, 4), local: sum(2, 3) });
});

test("a batch ends when the frame is full, and holds one entry whatever its size", () => {
  const frameBytes = entryBytes(entryAt(1)) * 2;
  expect(new SharedBatches("dr", frameBytes).take(entries).scanned).toBe(2);
  expect(new SharedBatches("dr", 1).take(entries).scanned).toBe(1);
});

test("who stands at the same place gets the same batch; the same numbers of another history do not", () => {
  const batches = new SharedBatches("dr", 1_000_000);
  const batch = batches.take(entries);
  expect(batches.take([...entries])).toBe(batch);
  const otherHistory = [entryAt(1), ...entries.slice(1)];
  expect(batches.take(otherHistory)).not.toBe(batch);
  const shorter = batches.take(entries.slice(0, 3));
  expect(shorter.scanned).toBe(3);
  expect(batches.take(entries.slice(0, 3))).toBe(shorter);
});

test("a frame is the same bytes whether its entries were encoded before or not", () => {
  const batch = new EntryBatch("dr", 1_000_000, () => true);
  for (const entry of entries) batch.add(entry);
  const cursor = { clusterId: "a", epoch: EPOCH, index: 4, checksums: zeroChecksums() };
  const frame = { followsIndex: 0, entries: batch.entries, cursor };
  expect(encodeFrame("entries", { ...frame, encoded: batch.encoded() })).toEqual(encodeFrame("entries", frame));
  expect(batch.encoded()).toBe(batch.encoded());
});
