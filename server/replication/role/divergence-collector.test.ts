import type { Barrier } from "../../sdk/barrier";
import type { WriteMeanings } from "../../sdk/divergence";
import type { LogEntry, LogOperation } from "../../sdk/log";
import { DivergenceCollector } from "./divergence-collector";
import { DIVERGENCE_LIMITS } from "./divergence-records";

const EPOCH = { number: 1, clusterId: "a" };

function entry(index: number, operations: readonly (readonly [key: string, value: string | undefined])[]): LogEntry {
  return {
    version: 1,
    index,
    epochs: { performance: EPOCH, dr: EPOCH },
    origin: { clusterId: "a", index },
    indexDelta: [],
    writtenAtMilliseconds: index * 1_000,
    operations: operations.map(([key, value]): LogOperation => {
      return { class: "replicated", mountId: "m1", key, value: value === undefined ? undefined : Buffer.from(value) };
    }),
  };
}

function collector(valueBytesMax: number, meanings?: WriteMeanings): DivergenceCollector {
  const decrypt: Barrier["decrypt"] = (_class, _key, ciphertext) => ciphertext;
  return new DivergenceCollector({
    barrier: { decrypt },
    mode: "performance",
    meanings,
    mountPathOf: async () => "secret/",
    valueBytesMax,
  });
}

test("an entry counts once for a path, and the last state of a key is what is kept", async () => {
  const collected = collector(1_000);
  await collected.takeEntry(
    entry(1, [
      ["data/m1/a", "1"],
      ["data/m1/a", "2"],
    ]),
  );
  await collected.takeEntry(entry(2, [["data/m1/a", "3"]]));
  await collected.takeEntry(entry(3, [["data/m1/b", undefined]]));
  const { rows, states, writes, unkeptValues } = collected.result();
  expect(rows).toMatchObject([
    { path: "secret/a", puts: 2, deletes: 0, firstMilliseconds: 1_000, lastMilliseconds: 2_000 },
    { path: "secret/b", puts: 0, deletes: 1 },
  ]);
  expect(states).toEqual([
    { key: "a", value: Buffer.from("3") },
    { key: "b", value: undefined },
  ]);
  expect([writes, unkeptValues]).toEqual([3, 0]);
});

test("what there is no room for is listed and said to be missing; an older value does not stand for it", async () => {
  const collected = collector(10);
  await collected.takeEntry(entry(1, [["data/m1/a", "12345"]]));
  await collected.takeEntry(entry(2, [["data/m1/b", "1234567890"]]));
  await collected.takeEntry(entry(3, [["data/m1/a", "12345678901"]]));
  const { rows, states, keptBytes, unkeptValues } = collected.result();
  expect(rows.map(({ path, puts }) => [path, puts])).toEqual([
    ["secret/a", 2],
    ["secret/b", 1],
  ]);
  expect([states, keptBytes, unkeptValues]).toEqual([[], 0, 2]);
});

test("paths beyond the limit are counted", async () => {
  const collected = collector(1_000_000);
  for (let n = 0; n < DIVERGENCE_LIMITS.paths + 5; n += 1) {
    await collected.takeEntry(entry(n + 1, [[`data/m1/k${n}`, "x"]]));
  }
  const { rows, unlistedPaths, writes } = collected.result();
  expect([rows.length, unlistedPaths, writes]).toEqual([DIVERGENCE_LIMITS.paths, 5, DIVERGENCE_LIMITS.paths + 5]);
});

test("what a token keeps for itself is listed, and kept for nobody", async () => {
  const collected = collector(1_000, {
    mountOf: () => ({ path: "cubbyhole/", kind: "secret", type: "cubbyhole", options: new Map() }),
    storedKeysOf: () => undefined,
    corePathOf: ({ key }) => key,
    findRevocations: () => ({ take: () => undefined, found: () => [] }),
    revoke: () => Promise.resolve(),
  });
  await collected.takeEntry(entry(1, [["data/m1/0123/mine", "private"]]));
  const { rows, states, keptBytes } = collected.result();
  expect(rows).toMatchObject([{ path: "cubbyhole/0123/mine", puts: 1, states: [] }]);
  expect([states, keptBytes]).toEqual([[], 0]);
});
