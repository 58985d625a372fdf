import { ByteReader, ByteWriter } from "../sdk/binary";
import type { Lineage, ReplicationMode } from "../sdk/log";

/** Version 1 did not say where an epoch's predecessor was left. */
const VERSION = 2;

/** Class `local`: a DR secondary inherits both, a performance secondary keeps its own. */
export function lineageKey(mode: ReplicationMode): string {
  return `core/replication/lineage/${mode}`;
}

export function encodeLineage(lineage: Lineage): Buffer {
  const writer = new ByteWriter().byte(VERSION).uint32(lineage.length);
  for (const { epoch, startIndex, after } of lineage) {
    writer.uint32(epoch.number).text(epoch.clusterId).integer(startIndex);
    writer.optional(after, ({ clusterId, index }) => writer.text(clusterId).integer(index));
  }
  return writer.finish();
}

export function decodeLineage(value: Buffer): Lineage {
  const reader = new ByteReader(value);
  const version = reader.byte();
  return reader.list(() => {
    const step = { epoch: { number: reader.uint32(), clusterId: reader.text() }, startIndex: reader.integer() };
    const after =
      version < VERSION ? undefined : reader.optional(() => ({ clusterId: reader.text(), index: reader.integer() }));
    return after === undefined ? step : { ...step, after };
  });
}
