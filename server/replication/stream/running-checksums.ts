import { addChecksum, zeroChecksum } from "../../sdk/checksum";
import type { ClusterLog, IncludeMount, ReplicationMode, UpstreamCursor } from "../../sdk/log";
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

/** The sums of both, in buffers of their own. */
export function addChecksums(checksums: Checksums, addend: Checksums): Checksums {
  const sums = { replicated: Buffer.from(checksums.replicated), local: Buffer.from(checksums.local) };
  addChecksum(sums.replicated, addend.replicated);
  addChecksum(sums.local, addend.local);
  return sums;
}

export function sameChecksums(left: Checksums, right: Checksums): boolean {
  return left.replicated.equals(right.replicated) && left.local.equals(right.local);
}

export function zeroChecksums(): Checksums {
  return { replicated: zeroChecksum(), local: zeroChecksum() };
}
