import type { ClusterLog, Lineage, ReplicationMode, UpstreamCursor } from "../../sdk/log";
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
  /** Mounts are brought over: from here on what is held is what no primary held. On record when it resolves. */
  repairing(): Promise<void>;
  /** The end of a repair: stores the cursor. @throws LogDivergence when what is held is not the primary's at it */
  repaired(cursor: UpstreamCursor): Promise<void>;
  /** Removes mounts that this cluster may no longer hold, with what it has of its own for them, whatever comes between. */
  giveUp(mountIds: readonly string[]): Promise<void>;
}

/** A cursor that moved without any change is stored when it has moved this far. */
const UNSTORED_INDICES_MAX = 4_096;

/** Applies a stream to the data in use. */
export class LiveTarget implements FollowerTarget {
  /** A repair has begun, and not come to its end yet. */
  private isRepairing = false;

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

  async applyRepair({ origin, operations, cursor }: RepairFrame): Promise<void> {
    if (operations.length > 0) {
      if (!this.isRepairing) await this.deps.repairing();
      this.isRepairing = true;
      await this.deps.log.applyRepair({ mode: this.deps.mode, origin, operations });
    }
    if (cursor === undefined) return;
    await this.deps.repaired(cursor);
    this.isRepairing = false;
  }

  async forget(mountIds: readonly string[]): Promise<void> {
    await this.deps.giveUp(mountIds);
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
