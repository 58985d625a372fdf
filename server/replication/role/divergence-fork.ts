import { sha256Hex } from "../../sdk/crypto";
import { currentEpoch, sameEpoch } from "../../sdk/lineage";
import type { ClusterLog, Lineage, LogEntry, ReplicationMode } from "../../sdk/log";
import { CLASSES_OF_MODE } from "../filter/entry-filter";
import type { Fork } from "./divergence-records";

const BATCH_ENTRIES = 256;

/** Undefined where their history goes on from nothing that we have, is ours, or is a beginning of it. */
export function forkOf(ours: Lineage, theirs: Lineage, clusterId: string): Fork | undefined {
  const at = theirs.findIndex((step, index) => {
    const own = ours[index];
    return own === undefined || !sameEpoch(own.epoch, step.epoch);
  });
  const step = theirs[at];
  if (at < 1 || step === undefined) return undefined;
  const own = ours[at];
  return {
    ours: currentEpoch(ours),
    theirs: currentEpoch(theirs),
    // Without a predecessor the epoch goes on in its own cluster's log: a fence was overridden.
    common: step.after ?? { clusterId: step.epoch.clusterId, index: step.startIndex - 1 },
    ownStartIndex: own?.epoch.clusterId === clusterId ? own.startIndex : undefined,
  };
}

/**
 * Index of our own log up to which everything is theirs too; undefined: the log no longer says. What lies behind it and did
 * not come from them, only we had.
 */
export async function commonIndexOf(log: ClusterLog, mode: ReplicationMode, fork: Fork): Promise<number | undefined> {
  const { common } = fork;
  const cursor = log.cursor(mode);
  if (cursor?.clusterId === common.clusterId && cursor.index <= common.index) return log.lastIndex();
  const isStored = (index: number): boolean => index >= log.oldestIndex() - 1 && index <= log.lastIndex();
  if (common.clusterId === log.clusterId) return isStored(common.index) ? common.index : undefined;
  let found: number | undefined;
  let beyond: number | undefined;
  for await (const { index, origin } of entriesAfter(log, log.oldestIndex() - 1)) {
    if (origin.clusterId !== common.clusterId) continue;
    if (origin.index <= common.index) found = index;
    else beyond ??= index;
  }
  const next = beyond ?? fork.ownStartIndex;
  const index = found ?? (next === undefined ? undefined : next - 1);
  return index !== undefined && isStored(index) ? index : undefined;
}

/** Entries behind `index` that carry what the mode ships and did not come from `upstream`. */
export async function* ownEntriesAfter(
  log: ClusterLog,
  mode: ReplicationMode,
  index: number,
  upstream: string,
): AsyncGenerator<LogEntry> {
  for await (const entry of entriesAfter(log, index)) {
    if (entry.origin.clusterId !== upstream && carries(entry, mode)) yield entry;
  }
}

/** Names the fork as long as nothing more is written on our side of it. 16 hexadecimal digits. */
export async function forkId(log: ClusterLog, mode: ReplicationMode, fork: Fork, upstream: string): Promise<string> {
  return idOf(mode, fork, String(await lastOwnIndex(log, mode, upstream)));
}

/** Names what is found in the unsent mounts of a fork. */
export function unsentId(mode: ReplicationMode, fork: Fork): string {
  return idOf(mode, fork, "unsent");
}

/** Names a fork whose own side cannot be read to its end. */
export function damagedId(mode: ReplicationMode, fork: Fork): string {
  return idOf(mode, fork, "damaged");
}

function idOf(mode: ReplicationMode, fork: Fork, last: string): string {
  const { ours, theirs } = fork;
  const parts = [mode, ours.number, ours.clusterId, theirs.number, theirs.clusterId, last];
  return sha256Hex(Buffer.from(parts.join("\n"))).slice(0, 16);
}

async function lastOwnIndex(log: ClusterLog, mode: ReplicationMode, upstream: string): Promise<number> {
  for (let before = log.lastIndex(); before >= log.oldestIndex(); before -= BATCH_ENTRIES) {
    const from = Math.max(log.oldestIndex() - 1, before - BATCH_ENTRIES);
    const entries = await log.readBatch(from, before - from);
    const own = entries.findLast((entry) => entry.origin.clusterId !== upstream && carries(entry, mode));
    if (own !== undefined) return own.index;
  }
  return 0;
}

async function* entriesAfter(log: ClusterLog, index: number): AsyncGenerator<LogEntry> {
  const end = log.lastIndex();
  for (let from = index; from < end; ) {
    const entries = await log.readBatch(from, BATCH_ENTRIES);
    if (entries.length === 0) return;
    yield* entries;
    from = entries.at(-1)?.index ?? end;
  }
}

function carries(entry: LogEntry, mode: ReplicationMode): boolean {
  return entry.operations.some((operation) => CLASSES_OF_MODE[mode].includes(operation.class));
}
