import type { ActivateOptions, BuildProgress, GenerationBuilder, UnsealedCore } from "../sdk/barrier";
import { zeroChecksum } from "../sdk/checksum";
import type { LoggedClass, ReplicationMode, UpstreamCursor } from "../sdk/log";
import { LogDivergence } from "../sdk/log";
import type { Storage } from "../sdk/storage";
import { ManualClock } from "../sdk/testing/manual-clock";
import { MemoryDisk } from "../storage/memory/disk";
import { openMemoryStorage } from "../storage/memory/index";
import { type Lifecycle, openLifecycle } from "./lifecycle";
import {
  coreOf,
  lifecycleOptions,
  type StartedCluster,
  startCluster,
  testStaticSeal,
  unsealWith,
} from "./testing/test-lifecycle";

type SealType = "shamir" | "static";

function cursorOf({ log }: UnsealedCore, mode: ReplicationMode): UpstreamCursor {
  const { index, checksums } = log.position();
  const local = mode === "dr" ? checksums.local : zeroChecksum();
  return { clusterId: log.clusterId, epoch: log.epochs()[mode], index, checksums: { ...checksums, local } };
}

async function put(core: UnsealedCore, keyClass: LoggedClass, key: string, value: string): Promise<void> {
  const view = core.barrier.view("data/m1/", keyClass);
  await view.commit([view.put(key, Buffer.from(value))]);
}

async function get(core: UnsealedCore, keyClass: LoggedClass, key: string): Promise<string | undefined> {
  return (await core.barrier.view("data/m1/", keyClass).get(key))?.value.toString();
}

/** One step of the walk: a chunk of three pairs, with writes on the primary in between. */
async function importStep(primary: UnsealedCore, builder: GenerationBuilder): Promise<boolean> {
  const classes: readonly LoggedClass[] = builder.mode === "dr" ? ["local", "replicated"] : ["replicated"];
  const { after, importFinished, replayedIndex, note } = builder.progress();
  if (importFinished) return true;
  const request = { classes, includeMount: () => true, after, limitPairs: 3, limitBytes: 1e6 };
  const chunk = await primary.log.exportChunk(request);
  const progress: BuildProgress = {
    after: chunk.next,
    importFinished: chunk.next === undefined,
    replayedIndex: replayedIndex === 0 ? chunk.readAtIndex : replayedIndex,
    note,
  };
  await builder.importPairs(chunk.pairs, progress);
  return progress.importFinished;
}

async function replay(primary: UnsealedCore, builder: GenerationBuilder): Promise<ActivateOptions> {
  const progress = builder.progress();
  const entries = await primary.log.readBatch(progress.replayedIndex, 10_000);
  const shipped = entries.map((entry) => ({
    ...entry,
    operations: entry.operations.filter((operation) => builder.mode === "dr" || operation.class === "replicated"),
  }));
  await builder.applyEntries(shipped, { ...progress, replayedIndex: primary.log.lastIndex() });
  const nodeKeys = [{ key: "core/replication/role", value: Buffer.from("secondary") }];
  return { cursor: cursorOf(primary, builder.mode), lineages: {}, nodeKeys };
}

async function build(primary: UnsealedCore, builder: GenerationBuilder): Promise<ActivateOptions> {
  for (let n = 0; !(await importStep(primary, builder)); n++) {
    await put(primary, n % 2 === 0 ? "replicated" : "local", `during${n % 5}`, `${n}`);
    if (n === 2) await primary.barrier.rotate();
  }
  return replay(primary, builder);
}

async function populated(storage: Storage, kind: SealType): Promise<StartedCluster> {
  const cluster = await startCluster(storage, kind, kind === "static" ? { sealKind: testStaticSeal(1) } : {});
  for (let n = 0; n < 12; n++)
    await put(coreOf(cluster.lifecycle), n % 3 === 0 ? "local" : "replicated", `k${n}`, `${n}`);
  return cluster;
}

const seals: readonly SealType[] = ["shamir", "static"];
const combinations = seals.flatMap((primary) =>
  seals.flatMap((secondary) => (["performance", "dr"] as const).map((mode) => [mode, primary, secondary] as const)),
);

test.each(combinations)("%s: %s primary, %s secondary", async (mode, primarySeal, secondarySeal) => {
  const primary = await populated(await openMemoryStorage(), primarySeal);
  const storage = await openMemoryStorage();
  const own = { sealKind: testStaticSeal(2) };
  const secondary = await startCluster(storage, secondarySeal, secondarySeal === "static" ? own : {});
  const from = coreOf(primary.lifecycle);
  const before = coreOf(secondary.lifecycle);
  await put(before, "replicated", "old", "must be gone");
  const identity = before.identity;
  const oldIndex = before.log.lastIndex();

  const builder = await before.generations.begin(mode, await from.generations.exportBootstrap());
  await builder.activate(await build(from, builder));
  await expect(put(before, "local", "late", "x")).rejects.toMatchObject({ code: "sealed" });
  await secondary.lifecycle.settled();
  const after = coreOf(secondary.lifecycle);
  expect(after).not.toBe(before);
  await check(after);

  // After a restart it opens with its own seal and the primary's shares.
  await secondary.lifecycle.close();
  const changes = secondarySeal === "static" ? { sealKind: testStaticSeal(2) } : {};
  const restarted = await openLifecycle(lifecycleOptions(storage, changes));
  if (secondarySeal === "static") {
    expect(await restarted.autoUnseal()).toBe(true);
    expect(restarted.verifyQuorum(primary.shares.map((share) => Buffer.from(share, "hex")))).toBe(true);
  } else {
    await restarted.unseal(secondary.shares[0], false);
    await expect(restarted.unseal(secondary.shares[1], false)).rejects.toMatchObject({ code: "invalid_request" });
    await unsealWith(restarted, primary.shares);
  }
  await check(coreOf(restarted));
  await restarted.settled();
  const names = (await storage.list("g/", { limit: 1000 })).map((key) => key.split("/")[1]);
  expect(new Set(names).size).toBe(1);
  await restarted.close();

  async function check(core: UnsealedCore): Promise<void> {
    expect(core.identity.id).toBe(identity.id);
    expect(await get(core, "replicated", "old")).toBeUndefined();
    expect(await get(core, "replicated", "k1")).toBe("1");
    expect(await get(core, "local", "k3")).toBe(mode === "dr" ? "3" : undefined);
    expect(await get(core, "replicated", "during0")).toBe(await get(from, "replicated", "during0"));
    expect(core.log.checksumOf(() => true, ["replicated"])).toEqual(from.log.checksumOf(() => true, ["replicated"]));
    expect(core.log.cursor(mode)).toEqual(cursorOf(from, mode));
    expect(core.log.lastIndex()).toBeGreaterThanOrEqual(oldIndex);
    expect((await core.barrier.view("core/replication/", "node").get("role"))?.value.toString()).toBe("secondary");
  }
});

test("sealed in the middle of an activation: the next unseal opens what the pointer names", async () => {
  const primary = await populated(await openMemoryStorage(), "shamir");
  const from = coreOf(primary.lifecycle);
  const outcomes = new Set<string>();
  for (let turns = 0; turns < 60; turns += 2) {
    const { lifecycle, shares } = await populated(await openMemoryStorage(), "shamir");
    const builder = await coreOf(lifecycle).generations.begin("dr", await from.generations.exportBootstrap());
    const options = await build(from, builder);
    const activation = builder.activate(options).then(
      () => "new" as const,
      () => "old" as const,
    );
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    await lifecycle.seal();
    const opening = [...primary.shares.slice(0, 2), ...shares.slice(0, 2)];
    await Promise.allSettled(opening.map((share) => lifecycle.unseal(share, false)));
    const outcome = await activation;
    outcomes.add(outcome);
    await lifecycle.settled();
    expect(coreOf(lifecycle).log.cursor("dr")).toEqual(outcome === "new" ? options.cursor : undefined);
    await put(coreOf(lifecycle), "local", "after", "x");
    await lifecycle.close();
  }
  expect(outcomes).toEqual(new Set(["old", "new"]));
});

describe.each(["before it was decided", "after it was decided"] as const)(
  "an activation whose disk fails %s",
  (moment) => {
    test("ends in services that run again by themselves, on what the pointer names", async () => {
      const primary = await populated(await openMemoryStorage(), "shamir");
      const from = coreOf(primary.lifecycle);
      const clock = new ManualClock();
      let failing: "commit" | "read" | undefined;
      const faults = { fail: (operation: string) => (operation === failing ? new Error("disk failed") : undefined) };
      const changes = { sealKind: testStaticSeal(2), clock };
      const { lifecycle } = await startCluster(await openMemoryStorage({ faults }), "static", changes);
      await put(coreOf(lifecycle), "replicated", "own", "x");
      const builder = await coreOf(lifecycle).generations.begin("dr", await from.generations.exportBootstrap());
      const options = await build(from, builder);
      if (moment === "before it was decided") {
        failing = "commit";
        await expect(builder.activate(options)).rejects.toThrow();
      } else {
        await builder.activate(options);
        failing = "read";
      }
      await lifecycle.settled();
      const stands = lifecycle.core !== undefined;
      failing = failing === "commit" ? undefined : "read";
      for (let attempt = 0; attempt < 3 && !stands; attempt += 1) {
        clock.advance(1_000);
        await lifecycle.settled();
        expect(lifecycle.core).toBeUndefined();
      }
      failing = undefined;
      clock.advance(1_000);
      await lifecycle.settled();
      const core = coreOf(lifecycle);
      const isNew = moment === "after it was decided";
      expect(core.log.cursor("dr")).toEqual(isNew ? options.cursor : undefined);
      expect(await get(core, "replicated", "own")).toBe(isNew ? undefined : "x");
      await put(core, "local", "after", "x");
      await lifecycle.close();
    });
  },
);

test("a build that is not what the upstream says is not activated, and the old data stays", async () => {
  const primary = await populated(await openMemoryStorage(), "shamir");
  const secondary = await populated(await openMemoryStorage(), "shamir");
  const core = coreOf(secondary.lifecycle);
  const bootstrap = await coreOf(primary.lifecycle).generations.exportBootstrap();
  const builder = await core.generations.begin("performance", bootstrap);
  const options = await build(coreOf(primary.lifecycle), builder);
  const checksums = { ...options.cursor.checksums, replicated: Buffer.alloc(32, 1) };
  const wrong = { ...options, cursor: { ...options.cursor, checksums } };
  await expect(builder.activate(wrong)).rejects.toBeInstanceOf(LogDivergence);
  expect(await get(core, "replicated", "k1")).toBe("1");
  await put(core, "replicated", "still", "writable");
  await builder.discard();
  await secondary.lifecycle.settled();
  expect(await core.generations.resume()).toBeUndefined();
});

test.each([
  ["the first value of a chunk, which says that this is another keyring, when it arrives", 0],
  ["any other value in the checksums at the end", 2],
])("a damaged value is found: %s", async (_, damaged) => {
  const primary = coreOf((await populated(await openMemoryStorage(), "shamir")).lifecycle);
  const core = coreOf((await populated(await openMemoryStorage(), "shamir")).lifecycle);
  const builder = await core.generations.begin("performance", await primary.generations.exportBootstrap());
  const request = { classes: ["replicated"] as const, includeMount: () => true, after: undefined };
  const chunk = await primary.log.exportChunk({ ...request, limitPairs: 1_000, limitBytes: 1e6 });
  const sealed = chunk.pairs.filter(({ key }) => key !== "core/keyring");
  const pairs = chunk.pairs.map((pair) =>
    pair === sealed[damaged] ? { ...pair, value: withFlippedBit(pair.value) } : pair,
  );
  const done = { after: undefined, importFinished: true, replayedIndex: chunk.readAtIndex, note: Buffer.alloc(0) };
  const importing = builder.importPairs(pairs, done);
  if (damaged === 0) return await expect(importing).rejects.toMatchObject({ code: "corrupt" });
  await importing;
  const activating = builder.activate({ cursor: cursorOf(primary, "performance"), lineages: {}, nodeKeys: [] });
  await expect(activating).rejects.toBeInstanceOf(LogDivergence);
});

function withFlippedBit(value: Buffer): Buffer {
  const flipped = Buffer.from(value);
  flipped[flipped.length - 1] = (flipped[flipped.length - 1] ?? 0) ^ 1;
  return flipped;
}

test("a shamir secondary of a primary without recovery shares is refused", async () => {
  const storage = await openMemoryStorage();
  const automatic = await openLifecycle(lifecycleOptions(storage, { sealKind: testStaticSeal(1) }));
  const none = { shares: undefined, threshold: undefined };
  await automatic.initialize({
    secretShares: none.shares,
    secretThreshold: none.threshold,
    recoveryShares: none.shares,
    recoveryThreshold: none.threshold,
    pgpKeys: [],
    recoveryPgpKeys: [],
    rootTokenPgpKey: undefined,
    recipient: undefined,
  });
  const bootstrap = await coreOf(automatic).generations.exportBootstrap();
  const secondary = await startCluster(await openMemoryStorage(), "shamir");
  await expect(coreOf(secondary.lifecycle).generations.begin("dr", bootstrap)).rejects.toMatchObject({
    code: "invalid_request",
  });
});

test("a power cut at any commit leaves the old generation or the new one, and the build goes on", async () => {
  const primary = await populated(await openMemoryStorage(), "shamir");
  const from = coreOf(primary.lifecycle);
  const seen = new Set<string>();
  for (let run = 0; !seen.has("never cut"); run++) {
    const crashAt = 1 + Math.floor(run / 2);
    const disk = new MemoryDisk();
    let armed = Number.POSITIVE_INFINITY;
    const sync = async (): Promise<void> => {
      if (--armed === 0) disk.crash(run % 2);
    };
    const secondary = await populated(await openMemoryStorage({ disk, faults: { sync } }), "shamir");
    armed = crashAt;
    const whole = await buildAll(secondary.lifecycle, from).catch(() => "cut");
    await secondary.lifecycle.settled().catch(() => undefined);
    if (whole !== "cut") seen.add("never cut");
    disk.crash();

    const restarted = await openLifecycle(lifecycleOptions(await openMemoryStorage({ disk })));
    const opensWith = async (shares: readonly string[]): Promise<boolean> => {
      await unsealWith(restarted, shares.slice(0, 2)).catch(() => undefined);
      return !restarted.isSealed();
    };
    if (await opensWith(secondary.shares)) {
      expect(await get(coreOf(restarted), "replicated", "k1")).toBe("1");
      const resumed = await coreOf(restarted).generations.resume();
      seen.add(resumed === undefined ? "old" : "old, resumed");
      if (resumed !== undefined) {
        await resumed.activate(await build(from, resumed));
        await restarted.settled();
      } else await buildAll(restarted, from);
    } else {
      expect(await opensWith(primary.shares)).toBe(true);
      seen.add("new");
    }
    await restarted.settled();
    expect(coreOf(restarted).log.cursor("dr")).toBeDefined();
    expect(coreOf(restarted).log.position().checksums).toEqual(coreOf(restarted).log.cursor("dr")?.checksums);
    expect(new Set(disk.range("g/", undefined, 10_000).map(({ key }) => key.split("/")[1])).size).toBe(1);
    await restarted.close();
  }
  expect(seen).toEqual(new Set(["old", "old, resumed", "new", "never cut"]));
});

/** Whose builder is durable, with what was written in the same commit. */
async function resumedBuild(core: UnsealedCore): Promise<readonly [ReplicationMode | undefined, string | undefined]> {
  const alongside = (await core.barrier.view("core/test/", "node").get("alongside"))?.value.toString();
  return [(await core.generations.resume())?.mode, alongside];
}

test.each([0, 1])(
  "a build takes another's place whole or not at all: power cut, %d commits survive",
  async (survivors) => {
    const primary = await populated(await openMemoryStorage(), "static");
    const bootstrap = () => coreOf(primary.lifecycle).generations.exportBootstrap();
    const seen = new Set<string>();
    for (let commit = 1; !seen.has("never cut"); commit++) {
      const disk = new MemoryDisk();
      let armed = Number.POSITIVE_INFINITY;
      const sync = async (): Promise<void> => {
        if (--armed === 0) disk.crash(survivors);
      };
      const secondary = await populated(await openMemoryStorage({ disk, faults: { sync } }), "static");
      const { generations, barrier } = coreOf(secondary.lifecycle);
      const view = barrier.view("core/test/", "node");
      await generations.begin("dr", await bootstrap(), [view.put("alongside", Buffer.from("dr"))]);
      armed = commit;
      const second = generations.begin("performance", await bootstrap(), [
        view.put("alongside", Buffer.from("performance")),
      ]);
      const done = await second.then(
        () => true,
        () => false,
      );
      if (armed > 0) seen.add("never cut");
      disk.crash();
      const options = lifecycleOptions(await openMemoryStorage({ disk }), { sealKind: testStaticSeal(1) });
      const restarted = await openLifecycle(options);
      expect(await restarted.autoUnseal()).toBe(true);
      const [mode, alongside] = await resumedBuild(coreOf(restarted));
      expect(mode).toBe(alongside);
      expect(mode).toBeDefined();
      if (done) expect(mode).toBe("performance");
      await restarted.close();
    }
  },
);

test("a build whose first commit failed, though it was durable, is not there after a restart", async () => {
  const primary = await populated(await openMemoryStorage(), "static");
  const disk = new MemoryDisk();
  const storage = await openMemoryStorage({ disk });
  const secondary = await populated(storage, "static");
  const { generations } = coreOf(secondary.lifecycle);
  const bootstrap = await coreOf(primary.lifecycle).generations.exportBootstrap();
  const commit = storage.commit.bind(storage);
  storage.commit = async (batch) => {
    storage.commit = commit;
    await commit(batch);
    throw new Error("input/output error");
  };
  await expect(generations.begin("dr", bootstrap)).rejects.toThrow();
  disk.crash();
  const options = lifecycleOptions(await openMemoryStorage({ disk }), { sealKind: testStaticSeal(1) });
  const restarted = await openLifecycle(options);
  expect(await restarted.autoUnseal()).toBe(true);
  expect(await coreOf(restarted).generations.resume()).toBeUndefined();
  expect(await get(coreOf(restarted), "replicated", "k1")).toBe("1");
  await restarted.close();
});

async function buildAll(lifecycle: Lifecycle, from: UnsealedCore): Promise<void> {
  const builder = await coreOf(lifecycle).generations.begin("dr", await from.generations.exportBootstrap());
  await builder.activate(await build(from, builder));
  await lifecycle.settled();
}
