import { isServerError } from "../../sdk/errors";
import { currentEpoch } from "../../sdk/lineage";
import type { ClusterLog, Lineage, LogEntry, ReplicationMode, UpstreamCursor } from "../../sdk/log";
import { heldChecksums } from "../stream/live-target";
import { lastEntryOf } from "./relevant-index";

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
  const last = await lastReadable(log, mode);
  const origin = last?.origin ?? { clusterId: log.clusterId, index: log.lastIndex() };
  return { ...origin, epoch: currentEpoch(lineage), checksums: heldChecksums(log, mode) };
}

/** Undefined also where the log is damaged: a wrong guess is found by the checksums, and no guess would shut the way back. */
async function lastReadable(log: ClusterLog, mode: ReplicationMode): Promise<LogEntry | undefined> {
  try {
    return await lastEntryOf(log, mode);
  } catch (error) {
    if (!isServerError(error, "corrupt")) throw error;
    return undefined;
  }
}
