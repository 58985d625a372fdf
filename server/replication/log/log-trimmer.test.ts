import { openTestCore } from "../../lifecycle/testing/test-core";
import type { CommitBatch } from "../../sdk/storage";
import { ManualClock } from "../../sdk/testing/manual-clock";
import { openMemoryStorage } from "../../storage/memory/index";

const MINUTE = 60_000;

async function logAt(
  clock: ManualClock,
  retention: { readonly retentionBytes?: number; retentionMilliseconds?: number },
) {
  const inner = await openMemoryStorage();
  const deletes: number[] = [];
  const storage = {
    ...inner,
    capabilities: inner.capabilities,
    read: inner.read.bind(inner),
    list: inner.list.bind(inner),
    scan: inner.scan.bind(inner),
    close: inner.close.bind(inner),
    commit: (batch: CommitBatch) => {
      deletes.push(batch.deletes.length);
      return inner.commit(batch);
    },
  };
  const { log } = await openTestCore({ storage, clock, ...retention });
  const append = (n: number) =>
    log.append({ operations: [{ class: "replicated", key: `core/${n % 10}`, value: Buffer.alloc(100, n) }] });
  /** Everything that is queued already, trims too, has run when the gate is set. */
  const settled = async () => {
    for (let turn = 0; turn < 20; turn += 1) await log.setWriteGate(() => undefined);
  };
  return { log, append, settled, deletes };
}

test("entries above the age go with the next write, younger ones and the last one stay", async () => {
  const clock = new ManualClock();
  const { log, append, settled } = await logAt(clock, { retentionMilliseconds: 60 * MINUTE });
  for (let n = 0; n < 20; n += 1) await append(n);
  const old = log.lastIndex();
  clock.advance(50 * MINUTE);
  for (let n = 0; n < 5; n += 1) await append(n);
  await settled();
  expect(log.oldestIndex()).toBe(1);
  clock.advance(20 * MINUTE);
  await append(1);
  await settled();
  expect(log.oldestIndex()).toBe(old + 1);
  clock.advance(1_000 * MINUTE);
  await append(2);
  await settled();
  expect(log.oldestIndex()).toBe(log.lastIndex());
});

test("a long log is trimmed in small commits, and to below its bytes", async () => {
  const clock = new ManualClock();
  const { log, append, settled, deletes } = await logAt(clock, {
    retentionBytes: 10_000_000,
    retentionMilliseconds: MINUTE,
  });
  await Promise.all(Array.from({ length: 2_000 }, (_, n) => append(n)));
  clock.advance(2 * MINUTE);
  await append(1);
  await settled();
  expect(log.oldestIndex()).toBe(log.lastIndex());
  expect(Math.max(...deletes)).toBe(256);
  expect(log.storedBytes()).toBeLessThan(1_000);
});
