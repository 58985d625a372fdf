import { ByteReader, ByteWriter } from "../sdk/binary";
import type { Lineage, ReplicationMode } from "../sdk/log";

/** Class `local`: a DR secondary inherits both, a performance secondary keeps its own. */
export function lineageKey(mode: ReplicationMode): string {
  return `core/replication/lineage/${mode}`;
}

export function encodeLineage(lineage: Lineage): Buffer {
  const writer = new ByteWriter().byte(1).uint32(lineage.length);
  for (const { epoch, startIndex } of lineage) {
    writer.uint32(epoch.number).text(epoch.clusterId).integer(startIndex);
  }
  return writer.finish();
}

export function decodeLineage(value: Buffer): Lineage {
  const reader = new ByteReader(value);
  reader.byte();
  return reader.list(() => ({
    epoch: { number: reader.uint32(), clusterId: reader.text() },
    startIndex: reader.integer(),
  }));
}
