import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openClusterLog } from "../../server/replication/log/cluster-log";
import { DEFAULT_LOG_LIMITS } from "../../server/replication/log/log-limits";
import { EntryBatch } from "../../server/replication/stream/entry-batch";
import { decodeFrame, encodeFrame } from "../../server/replication/stream/frames";
import { DEFAULT_STREAM_LIMITS } from "../../server/replication/stream/limits";
import { addChecksums, zeroChecksums } from "../../server/replication/stream/running-checksums";
import { systemClock } from "../../server/sdk/clock";
import { takeSecretKey } from "../../server/sdk/crypto";
import { type ClusterLog, CursorMismatch } from "../../server/sdk/log";
import { noLogger } from "../../server/sdk/testing/no-logger";
import { openLmdbStorage } from "../../server/storage/lmdb/index";
import { startScript } from "./peer-process";
import { tell } from "./replica-set";
import { judge, type Row } from "./row";

const ROUNDS = 5;
const ENTRIES = 20_000;
const BARE_MILLISECONDS = 1_200;
const MOUNT_ID = "8180a3b8-5e30-4e58-8aaa-84827817b595";
/** Sizes of what one KV version 2 write of 300 bytes stores (bare-commits.ts). */
const VERSION = Buffer.alloc(349, 1);
const METADATA = Buffer.alloc(205, 2);
const EPOCH = { number: 0, clusterId: "a" };

interface Opened {
  readonly log: ClusterLog;
  close(): Promise<void>;
}

async function openLog(clusterId: string): Promise<Opened> {
  const directory = mkdtempSync(join(tmpdir(), "meridian-apply-"));
  const storage = await openLmdbStorage({ directory });
  const keys = { index: takeSecretKey(Buffer.alloc(32, 7)), record: takeSecretKey(Buffer.alloc(32, 9)) };
  const { log } = await openClusterLog({
    storage,
    generation: "00000001",
    clusterId,
    keys,
    clock: systemClock,
    logger: noLogger,
    inspect: () => undefined,
  });
  const close = async (): Promise<void> => {
    await log.close();
    await storage.close();
    rmSync(directory, { recursive: true, force: true });
  };
  return { log, close };
}

/** The frames that a primary would send of so many KV version 2 writes, as they come off the wire. */
async function framesOf(log: ClusterLog): Promise<readonly Buffer[]> {
  for (let at = 0; at < ENTRIES; at += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, n) => log.append({ operations: writeOf(at + n) })));
  }
  const frames: Buffer[] = [];
  let checksums = zeroChecksums();
  for (let from = 0; from < ENTRIES; ) {
    const entries = await log.readBatch(from, DEFAULT_STREAM_LIMITS.batchEntries);
    const batch = new EntryBatch("performance", Number.POSITIVE_INFINITY, () => true);
    for (const entry of entries) batch.add(entry);
    checksums = addChecksums(checksums, batch.delta);
    const index = entries.at(-1)?.index ?? ENTRIES;
    const cursor = { clusterId: "a", epoch: EPOCH, index, checksums };
    frames.push(encodeFrame("entries", { followsIndex: from, entries, cursor }));
    from = index;
  }
  return frames;
}

function writeOf(sequence: number) {
  const path = `bench/${sequence % 64}/${Math.floor(sequence / 64) % 100}`;
  const version = Math.floor(sequence / 6_400) + 1;
  return [
    { class: "replicated", key: `data/${MOUNT_ID}/versions/${version}/${path}`, value: VERSION },
    { class: "replicated", key: `data/${MOUNT_ID}/metadata/${path}`, value: METADATA },
  ] as const;
}

/** Entries per second that a new secondary decodes, verifies and makes durable. */
async function applied(frames: readonly Buffer[]): Promise<number> {
  const { log, close } = await openLog("b");
  try {
    const start = { clusterId: "a", epoch: EPOCH, index: 0, checksums: zeroChecksums() };
    await log.append({ operations: [], cursors: { performance: start } });
    const started = performance.now();
    for (const bytes of frames) {
      const frame = decodeFrame(bytes);
      if (frame.kind !== "entries") throw new Error("not a frame of entries");
      await log.applyUpstream({ mode: "performance", ...frame.body });
    }
    const rate = (ENTRIES * 1000) / (performance.now() - started);
    if (log.cursor("performance")?.index !== ENTRIES) throw new CursorMismatch("performance", ENTRIES, log.lastIndex());
    return rate;
  } finally {
    await close();
  }
}

/** As many entries to a commit as we apply in one, in commits of the bare engine. */
async function bare(round: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "meridian-bare-"));
  try {
    const entriesPerCommit = String(DEFAULT_LOG_LIMITS.upstreamEntriesPerCommit);
    const { line } = await startScript("peers", [
      "lmdb",
      folder,
      entriesPerCommit,
      String(BARE_MILLISECONDS),
      String(round),
    ]);
    return Number(line);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a secondary can take that is behind, against bare durable commits of the same keys. */
export async function replicationApply(): Promise<Row[]> {
  const primary = await openLog("a");
  try {
    tell(`${ENTRIES} entries are written`);
    const frames = await framesOf(primary.log);
    const values: number[] = [];
    const limits: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const value = await applied(frames);
      const limit = await bare(round);
      // The first round warms both up.
      if (round === 0) continue;
      values.push(value);
      limits.push(limit);
    }
    const goal = { of: "value", relation: ">=", bound: 20_000 } as const;
    return [judge("entries applied by a secondary, against bare commits", "entries/s", values, limits, goal)];
  } finally {
    await primary.close();
  }
}
