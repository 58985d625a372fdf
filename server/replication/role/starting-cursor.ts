import { currentEpoch } from "../../sdk/lineage";
import type { ClusterLog, Lineage, LogEntry, ReplicationMode, UpstreamCursor } from "../../sdk/log";
import { CLASSES_OF_MODE } from "../filter/entry-filter";
import { heldChecksums } from "../stream/live-target";

const SCAN_ENTRIES = 512;

/**
 * Where this cluster stands in somebody's numbering. A cluster that never followed the mode's primary itself (a former
 * primary; a promoted DR secondary of a performance secondary) finds it in its log: the origin of the last entry that
 * carries what the mode ships.
 */
export async function startingCursor(
  log: ClusterLog,
  mode: ReplicationMode,
  lineage: Lineage,
): Promise<UpstreamCursor> {
  const stored = log.cursor(mode);
  if (stored !== undefined) return stored;
  const last = await lastEntryOf(log, mode);
  const origin = last?.origin ?? { clusterId: log.clusterId, index: log.lastIndex() };
  return { ...origin, epoch: currentEpoch(lineage), checksums: heldChecksums(log, mode) };
}

async function lastEntryOf(log: ClusterLog, mode: ReplicationMode): Promise<LogEntry | undefined> {
  const classes = CLASSES_OF_MODE[mode];
  for (let before = log.lastIndex(); before >= log.oldestIndex(); before -= SCAN_ENTRIES) {
    const from = Math.max(log.oldestIndex() - 1, before - SCAN_ENTRIES);
    const entries = await log.readBatch(from, before - from);
    const found = entries.findLast((entry) => entry.operations.some((operation) => classes.includes(operation.class)));
    if (found !== undefined) return found;
  }
  return undefined;
}
