import type { ClusterLog, Lineage, LoggedClass, LogOperation, ReplicationMode, UpstreamCursor } from "../../sdk/log";
import { LogDivergence } from "../../sdk/log";
import { CLASSES_OF_MODE } from "../filter/entry-filter";
import type { Welcome } from "./control-codec";
import type { FollowerTarget } from "./follower";
import type { EntriesFrame, RepairFrame } from "./frames";
import { type Checksums, sameChecksums, zeroChecksums } from "./running-checksums";

export interface LiveTargetDependencies {
  readonly mode: ReplicationMode;
  readonly log: ClusterLog;
  /** Stores the primary's history and where we stand in its numbering, in one commit. */
  adopt(lineage: Lineage, cursor: UpstreamCursor): Promise<void>;
  /** Removes what this cluster keeps of its own for a mount that it no longer holds. */
  forgetOwn(mountId: string): Promise<void>;
}

/** A cursor that moved without any change is stored when it has moved this far. */
const UNSTORED_INDICES_MAX = 4_096;
const FORGET_KEYS = 1_024;
const FORGET_BYTES = 4 * 1024 * 1024;

/** Applies a stream to the data in use. */
export class LiveTarget implements FollowerTarget {
  constructor(private readonly deps: LiveTargetDependencies) {}

  async begin(welcome: Welcome): Promise<void> {
    const epoch = welcome.lineage.at(-1)?.epoch ?? { number: 0, clusterId: "" };
    const { clusterId, index } = welcome;
    await this.deps.adopt(welcome.lineage, { clusterId, epoch, index, checksums: this.held() });
  }

  async applyEntries(frame: EntriesFrame): Promise<void> {
    const { mode, log } = this.deps;
    const stored = log.cursor(mode)?.index ?? 0;
    // Entries that are none of ours move the position only; a commit for each would cost a disk sync for nothing.
    if (frame.entries.length === 0 && frame.cursor.index - stored < UNSTORED_INDICES_MAX) return;
    await log.applyUpstream({ mode, followsIndex: stored, entries: frame.entries, cursor: frame.cursor });
  }

  async applyRepair(frame: RepairFrame): Promise<void> {
    await this.deps.log.applyRepair({ mode: this.deps.mode, ...frame });
  }

  async forget(mountIds: readonly string[]): Promise<void> {
    const { log, mode } = this.deps;
    const gone = new Set(mountIds);
    const origin = { clusterId: log.clusterId, index: log.lastIndex() };
    // The entry first: nobody shall reach a mount whose data is half gone.
    const entries = mountIds.map((mountId): LogOperation => deletion("replicated", mountId, `mounts/${mountId}`));
    await log.applyRepair({ mode, origin, operations: entries, cursor: undefined });
    for (let after: string | undefined; ; ) {
      const chunk = await log.exportChunk({
        classes: ["replicated"],
        includeMount: (mountId) => gone.has(mountId),
        after,
        limitPairs: FORGET_KEYS,
        limitBytes: FORGET_BYTES,
      });
      const operations = chunk.pairs.map((pair) => deletion(pair.class, pair.mountId, pair.key));
      if (operations.length > 0) await log.applyRepair({ mode, origin, operations, cursor: undefined });
      if (chunk.next === undefined) break;
      after = chunk.next;
    }
    for (const mountId of mountIds) await this.deps.forgetOwn(mountId);
  }

  checkpoint(checkpoint: { readonly index: number; readonly checksums: Checksums }): Promise<boolean> {
    if (!sameChecksums(this.held(), checkpoint.checksums)) throw new LogDivergence(checkpoint.index, "checkpoint");
    return Promise.resolve(false);
  }

  /** Checksums of what this cluster holds of what its primary ships. */
  held(): Checksums {
    return heldChecksums(this.deps.log, this.deps.mode);
  }
}

export function heldChecksums(log: ClusterLog, mode: ReplicationMode): Checksums {
  const held = log.position().checksums;
  return CLASSES_OF_MODE[mode].includes("local") ? held : { ...zeroChecksums(), replicated: held.replicated };
}

function deletion(keyClass: LoggedClass, mountId: string, key: string): LogOperation {
  return { class: keyClass, mountId, key, value: undefined };
}
