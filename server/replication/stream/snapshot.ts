import type { BuildProgress, GenerationBuilder } from "../../sdk/barrier";
import type { ClusterLog, ExportChunk, ReplicationMode } from "../../sdk/log";
import { type FrameChannel, PeerRefused } from "../../sdk/transport";
import { CLASSES_OF_MODE } from "../filter/entry-filter";
import type { MountScope } from "../filter/mount-scope";
import type { StreamLimits } from "./limits";
import { readPairs, writePairs } from "./record-codec";
import { MalformedFrame, WireReader, WireWriter } from "./wire";

/**
 * Channel kind. The first request names where to go on, each further one asks for the chunk after the last; each answer is
 * one chunk. The primary keeps nothing beyond the channel.
 */
export const SNAPSHOT_CHANNEL = "snapshot";

/**
 * Chunks asked for while one is imported: one under way and one that is read meanwhile. The primary counts on it where it
 * takes a request for a sign that it is followed.
 */
export const CHUNKS_AHEAD = 2;

const AFTER_BYTES_MAX = 4_096;
const MOVED = "a mount was moved during the snapshot to where the filter says otherwise";
/** Leaves of one mount's index. */
const LEAVES = 65_536;

export interface SnapshotChunk extends ExportChunk {
  /** The cluster whose numbering `readAtIndex` belongs to. */
  readonly clusterId: string;
  /** About how many pairs the snapshot has; only in the first chunk, 0 in the others. */
  readonly expectedPairs: number;
}

/** Where a chunk begins: at the first key, behind a key, or behind the chunk before it. */
export type ChunkStart = { readonly after: string | undefined } | "next";

const [FIRST, AFTER, NEXT] = [0, 1, 2];

export function encodeChunkRequest(start: ChunkStart): Buffer {
  const writer = new WireWriter();
  if (start === "next") return writer.number(NEXT).finish();
  return start.after === undefined ? writer.number(FIRST).finish() : writer.number(AFTER).text(start.after).finish();
}

export function decodeChunkRequest(frame: Buffer): ChunkStart {
  if (frame.length > AFTER_BYTES_MAX) throw new PeerRefused("oversized_frame", "snapshot request is too long");
  const reader = new WireReader(frame);
  const kind = reader.number();
  const after = kind === AFTER ? reader.text() : undefined;
  reader.finish();
  if (kind === NEXT) return "next";
  if (kind !== FIRST && kind !== AFTER) throw new MalformedFrame("unknown snapshot request");
  return { after };
}

export function encodeChunk(chunk: SnapshotChunk): Buffer {
  const writer = new WireWriter().text(chunk.clusterId).number(chunk.readAtIndex).number(chunk.expectedPairs);
  writer.number(chunk.next === undefined ? 0 : 1).text(chunk.next ?? "");
  writePairs(writer, chunk.pairs);
  return writer.finish();
}

export function decodeChunk(frame: Buffer): SnapshotChunk {
  const reader = new WireReader(frame);
  const clusterId = reader.text();
  const readAtIndex = reader.number();
  const expectedPairs = reader.number();
  const given = reader.number() === 1;
  const next = reader.text();
  const pairs = readPairs(reader);
  reader.finish();
  return { clusterId, readAtIndex, expectedPairs, next: given ? next : undefined, pairs };
}

/**
 * The primary's side: answers chunk requests until the secondary has enough. A filter that changes meanwhile ends it before
 * another byte of a mount that is denied now is sent; the secondary comes again.
 */
export async function serveSnapshot(
  log: Pick<ClusterLog, "clusterId" | "index" | "exportChunk">,
  mode: ReplicationMode,
  currentScope: () => MountScope,
  limits: StreamLimits,
  channel: Pick<FrameChannel, "receive" | "send">,
): Promise<void> {
  const scope = currentScope();
  let sending: Promise<void> = Promise.resolve();
  let next: string | undefined;
  let isBegun = false;
  for (;;) {
    // Whom the last chunk takes long to reach has nothing more to ask for: nobody waits for that meanwhile.
    if (isBegun && next === undefined) await sending;
    const request = await channel.receive();
    if (request === undefined) return sending;
    const start = decodeChunkRequest(request);
    // Asked for ahead, before it was known that the chunk before is the last.
    if (start === "next" && isBegun && next === undefined) continue;
    if (start === "next" && !isBegun) throw new MalformedFrame("a snapshot has to begin somewhere");
    // At first again: what was decided while it streamed is not up to date, mounts may have been moved since.
    const mountIds = log.index.mounts().map((mount) => mount.mountId);
    await scope.decideAll(mountIds, !isBegun);
    const after = start === "next" ? next : start.after;
    const chunk = await log.exportChunk({
      classes: CLASSES_OF_MODE[mode],
      includeMount: scope.includes,
      after,
      limitPairs: limits.chunkPairs,
      limitBytes: limits.chunkBytes,
    });
    if (await scope.isTurned(chunk.pairs.map(({ mountId }) => mountId))) throw new Error(MOVED);
    const expectedPairs = after === undefined ? expectedPairsOf(log, mode, scope) : 0;
    // The chunk before goes out while this one is read; not more than the two are held.
    await sending;
    if (currentScope() !== scope) throw new Error("the filter changed during the snapshot");
    sending = channel.send(encodeChunk({ ...chunk, clusterId: log.clusterId, expectedPairs }));
    // Whether it failed is told where it is waited for.
    sending.catch(() => undefined);
    next = chunk.next;
    isBegun = true;
  }
}

/**
 * About how many keys there are, from how many leaves hold any (linear counting): good to a few percent up to several
 * hundred thousand keys of one mount, too low beyond. For progress only.
 */
function expectedPairsOf(log: Pick<ClusterLog, "index">, mode: ReplicationMode, scope: MountScope): number {
  let pairs = 0;
  for (const { class: keyClass, mountId } of log.index.mounts()) {
    if (!CLASSES_OF_MODE[mode].includes(keyClass) || !scope.includes(mountId)) continue;
    let leaves = 0;
    for (const { number } of log.index.pages(keyClass, mountId)) {
      leaves += log.index.leaves(keyClass, mountId, number).length;
    }
    pairs -= LEAVES * Math.log(1 - Math.min(leaves, LEAVES - 1) / LEAVES);
  }
  return Math.round(pairs);
}

/** The numbering of the snapshot changed while it was fetched: another cluster is primary now. It has to begin again. */
export class SnapshotOutdated extends Error {
  constructor() {
    super("another cluster became primary during the snapshot");
    this.name = "SnapshotOutdated";
  }
}

/** How the builder's progress note says which cluster the snapshot is of. */
export interface SnapshotNotes {
  clusterIdOf(note: Buffer): string | undefined;
  withClusterId(note: Buffer, clusterId: string): Buffer;
}

/** The secondary's side: fetches from where the build stands to the end. @throws SnapshotOutdated, TransportClosed */
export async function fetchSnapshot(
  builder: GenerationBuilder,
  notes: SnapshotNotes,
  channel: FrameChannel,
  imported: (pairs: number, expected: number) => void,
): Promise<void> {
  let progress = builder.progress();
  if (progress.importFinished) return channel.end();
  const pairs = builder.beginImport();
  try {
    await channel.send(encodeChunkRequest({ after: progress.after }));
    for (let ahead = 0; ahead < CHUNKS_AHEAD; ahead += 1) await channel.send(encodeChunkRequest("next"));
    while (!progress.importFinished) {
      const frame = await channel.receive();
      if (frame === undefined) throw new Error("the primary ended the snapshot");
      const chunk = decodeChunk(frame);
      progress = progressAfter(progress, chunk, notes);
      if (chunk.next !== undefined) await channel.send(encodeChunkRequest("next"));
      await pairs.add(chunk.pairs, progress);
      imported(chunk.pairs.length, chunk.expectedPairs);
    }
  } finally {
    // A commit may be under way: nothing else may touch the build before it is settled.
    await pairs.finish();
  }
  channel.end();
}

function progressAfter(before: BuildProgress, chunk: SnapshotChunk, notes: SnapshotNotes): BuildProgress {
  const known = notes.clusterIdOf(before.note);
  if (known !== undefined && known !== chunk.clusterId) throw new SnapshotOutdated();
  return {
    after: chunk.next,
    importFinished: chunk.next === undefined,
    replayedIndex: known === undefined ? chunk.readAtIndex : before.replayedIndex,
    note: notes.withClusterId(before.note, chunk.clusterId),
  };
}
