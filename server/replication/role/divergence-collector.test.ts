import type { Barrier } from "../../sdk/barrier";
import type { WriteMeanings } from "../../sdk/divergence";
import { CORE_MOUNT_ID } from "../../sdk/key-layout";
import type { LogEntry, LogOperation } from "../../sdk/log";
import type { StoredKeys } from "../../sdk/stored-keys";
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

/** Mounts of the type, as readable as `keys` says. */
function meaningsOf(type: string, path: string, keys: StoredKeys | undefined): WriteMeanings {
  return {
    mountOf: () => ({ path, kind: "secret", type, options: new Map() }),
    storedKeysOf: () => keys,
    corePathOf: ({ key }) => key,
    findRevocations: () => ({ take: () => undefined, found: () => [] }),
    revoke: () => Promise.resolve(),
  };
}

const READABLE = meaningsOf("kv", "secret/", { pathOf: (key) => key, read: () => ({}) });

function collector(valueBytesMax: number, meanings = READABLE): DivergenceCollector {
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

test.each([
  ["of a type that says nothing of its keys", undefined],
  ["of a type that does not read them for the API", { pathOf: (key: string) => key }],
])("what lies in a mount %s is listed, and kept for nobody", async (_name, keys) => {
  const collected = collector(1_000, meaningsOf("cubbyhole", "cubbyhole/", keys));
  await collected.takeEntry(entry(1, [["data/m1/0123/mine", "private"]]));
  const { rows, states, keptBytes, unkeptValues } = collected.result();
  expect(rows).toMatchObject([{ path: "cubbyhole/0123/mine", puts: 1, states: [] }]);
  expect([states, keptBytes, unkeptValues]).toEqual([[], 0, 0]);
});

test("what lies in a mount that nobody knows is kept for nobody", async () => {
  const collected = collector(1_000, { ...READABLE, mountOf: () => undefined });
  await collected.takeEntry(entry(1, [["data/m1/a", "unknown"]]));
  expect(collected.result()).toMatchObject({ rows: [{ path: "secret/a", puts: 1, states: [] }], states: [] });
});

test("policies are kept, other records of the core are listed", async () => {
  const collected = collector(1_000);
  const policies = entry(1, [
    ["core/policy/p", "rules"],
    ["core/token/t", "secret"],
  ]);
  const operations = policies.operations.map((operation) => ({ ...operation, mountId: CORE_MOUNT_ID }));
  await collected.takeEntry({ ...policies, operations });
  const { rows, states } = collected.result();
  expect(rows.map((row) => row.path)).toEqual(["core/policy/p", "core/token/t"]);
  expect(states).toEqual([{ key: "core/policy/p", value: Buffer.from("rules") }]);
});
