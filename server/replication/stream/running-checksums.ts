import { addChecksum, zeroChecksum } from "../../sdk/checksum";
import type { ClusterLog, IncludeMount, LogEntry, ReplicationMode, UpstreamCursor } from "../../sdk/log";
import { CLASSES_OF_MODE } from "../filter/entry-filter";

export type Checksums = UpstreamCursor["checksums"];

/** Checksums of the part of the log that a secondary gets, at `log.lastIndex()`. */
export function checksumsOf(log: ClusterLog, mode: ReplicationMode, includes: IncludeMount): Checksums {
  const classes = CLASSES_OF_MODE[mode];
  return {
    replicated: log.checksumOf(includes, ["replicated"]),
    local: classes.includes("local") ? log.checksumOf(includes, ["local"]) : zeroChecksum(),
  };
}

/** Checksums after an (already filtered) entry. */
export function checksumsAfter(checksums: Checksums, entry: LogEntry): Checksums {
  const after = { replicated: Buffer.from(checksums.replicated), local: Buffer.from(checksums.local) };
  for (const delta of entry.indexDelta) addChecksum(after[delta.class], delta.delta);
  return after;
}

export function sameChecksums(left: Checksums, right: Checksums): boolean {
  return left.replicated.equals(right.replicated) && left.local.equals(right.local);
}

export function zeroChecksums(): Checksums {
  return { replicated: zeroChecksum(), local: zeroChecksum() };
}
