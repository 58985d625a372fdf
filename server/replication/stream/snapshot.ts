import type { BuildProgress, GenerationBuilder } from "../../sdk/barrier";
import type { ClusterLog, ExportChunk, ReplicationMode } from "../../sdk/log";
import type { FrameChannel } from "../../sdk/transport";
import { CLASSES_OF_MODE } from "../filter/entry-filter";
import type { MountScope } from "../filter/mount-scope";
import type { StreamLimits } from "./limits";
import { readPairs, writePairs } from "./record-codec";
import { WireReader, WireWriter } from "./wire";

/** Channel kind. Each request frame names where to go on; each answer is one chunk. The primary keeps no state. */
export const SNAPSHOT_CHANNEL = "snapshot";

const AFTER_BYTES_MAX = 4_096;

export interface SnapshotChunk extends ExportChunk {
  /** The cluster whose numbering `readAtIndex` belongs to. */
  readonly clusterId: string;
}

export function encodeChunkRequest(after: string | undefined): Buffer {
  return new WireWriter()
    .number(after === undefined ? 0 : 1)
    .text(after ?? "")
    .finish();
}

export function decodeChunkRequest(frame: Buffer): string | undefined {
  if (frame.length > AFTER_BYTES_MAX) throw new Error("snapshot request is too long");
  const reader = new WireReader(frame);
  const given = reader.number() === 1;
  const after = reader.text();
  return given ? after : undefined;
}

export function encodeChunk(chunk: SnapshotChunk): Buffer {
  const writer = new WireWriter().text(chunk.clusterId).number(chunk.readAtIndex);
  writer.number(chunk.next === undefined ? 0 : 1).text(chunk.next ?? "");
  writePairs(writer, chunk.pairs);
  return writer.finish();
}

export function decodeChunk(frame: Buffer): SnapshotChunk {
  const reader = new WireReader(frame);
  const clusterId = reader.text();
  const readAtIndex = reader.number();
  const given = reader.number() === 1;
  const next = reader.text();
  const pairs = readPairs(reader);
  reader.finish();
  return { clusterId, readAtIndex, next: given ? next : undefined, pairs };
}

/** The primary's side: answers chunk requests until the secondary has enough. */
export async function serveSnapshot(
  log: ClusterLog,
  mode: ReplicationMode,
  scope: MountScope,
  limits: StreamLimits,
  channel: FrameChannel,
): Promise<void> {
  for (;;) {
    const request = await channel.receive();
    if (request === undefined) return;
    await scope.decideAll(log.index.mounts().map((mount) => mount.mountId));
    const chunk = await log.exportChunk({
      classes: CLASSES_OF_MODE[mode],
      includeMount: scope.includes,
      after: decodeChunkRequest(request),
      limitPairs: limits.chunkPairs,
      limitBytes: limits.chunkBytes,
    });
    await channel.send(encodeChunk({ ...chunk, clusterId: log.clusterId }));
  }
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
  imported: (pairs: number) => void,
): Promise<void> {
  while (!builder.progress().importFinished) {
    const before = builder.progress();
    await channel.send(encodeChunkRequest(before.after));
    const frame = await channel.receive();
    if (frame === undefined) throw new Error("the primary ended the snapshot");
    const chunk = decodeChunk(frame);
    await builder.importPairs(chunk.pairs, progressAfter(before, chunk, notes));
    imported(chunk.pairs.length);
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
