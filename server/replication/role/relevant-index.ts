import { isServerError } from "../../sdk/errors";
import type { ClusterLog, LogEntry, ReplicationMode } from "../../sdk/log";
import { CLASSES_OF_MODE } from "../filter/entry-filter";

const SCAN_ENTRIES = 512;

/** The last entry of the stored log that carries what the mode ships; undefined: none does. */
export async function lastEntryOf(log: ClusterLog, mode: ReplicationMode): Promise<LogEntry | undefined> {
  for (let before = log.lastIndex(); before >= log.oldestIndex(); before -= SCAN_ENTRIES) {
    const from = Math.max(log.oldestIndex() - 1, before - SCAN_ENTRIES);
    const found = (await log.readBatch(from, before - from)).findLast((entry) => carries(entry, mode));
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * What the log no longer says lies before its beginning. Damage in the log is told to who replays it: for a number in the
 * status no node stays closed whose data is whole, and the last index is never too low.
 */
async function storedIndexOf(log: ClusterLog, mode: ReplicationMode): Promise<number> {
  try {
    return (await lastEntryOf(log, mode))?.index ?? log.oldestIndex() - 1;
  } catch (error) {
    if (!isServerError(error, "corrupt")) throw error;
    return log.lastIndex();
  }
}

function carries(entry: LogEntry, mode: ReplicationMode): boolean {
  return entry.operations.some((operation) => CLASSES_OF_MODE[mode].includes(operation.class));
}

/** Index of the last entry that each mode's secondaries get: `last_performance_wal` and `last_dr_wal`. */
export class RelevantIndices {
  private readonly indices: Record<ReplicationMode, number> = { performance: 0, dr: 0 };

  private constructor() {}

  /** @returns the indices, and the function that ends following the log */
  static async open(log: ClusterLog): Promise<readonly [RelevantIndices, () => void]> {
    const indices = new RelevantIndices();
    const unsubscribe = log.subscribe((entries) => {
      for (const entry of entries) indices.take(entry);
    });
    for (const mode of ["performance", "dr"] as const) {
      indices.indices[mode] = Math.max(indices.indices[mode], await storedIndexOf(log, mode));
    }
    return [indices, unsubscribe];
  }

  of(mode: ReplicationMode): number {
    return this.indices[mode];
  }

  private take(entry: LogEntry): void {
    for (const mode of ["performance", "dr"] as const) if (carries(entry, mode)) this.indices[mode] = entry.index;
  }
}
