import { currentEpoch } from "../../sdk/lineage";
import type { LogOperation } from "../../sdk/log";
import { filterEntry } from "../filter/entry-filter";
import type { MountScope } from "../filter/mount-scope";
import type { FramePort } from "./frame-port";
import { type Checksums, checksumsOf } from "./running-checksums";
import type { ShipperDependencies } from "./shipper-dependencies";

const REPLAY_ENTRIES = 256;

export type MountRepairEnd =
  /** Where the secondary stands afterwards. */
  | { readonly kind: "whole"; readonly index: number; readonly checksums: Checksums }
  | { readonly kind: "nothing to do" }
  /** The secondary is to get other mounts by now: nothing more was sent, and what was added is there in part. */
  | { readonly kind: "outdated" };

/**
 * Brings a secondary to another set of mounts without a snapshot of the rest: what it may no longer hold is removed, what
 * it should hold is exported, then the log is replayed over both up to one position, whose checksums end the series.
 */
export class MountRepair {
  constructor(
    private readonly deps: ShipperDependencies,
    private readonly port: FramePort,
    private readonly scope: MountScope,
    /** Whether the scope is still the secondary's. */
    private readonly isInForce: () => boolean,
    private readonly makeRoom: (bytes: number) => Promise<void>,
  ) {}

  async run(forget: readonly string[], add: ReadonlySet<string>, fromIndex: number): Promise<MountRepairEnd> {
    if (forget.length === 0 && add.size === 0) return { kind: "nothing to do" };
    if (forget.length > 0) await this.makeRoom(await this.port.send("forget", { mountIds: forget }));
    if (!(await this.exportMounts(add))) return { kind: "outdated" };
    // Taken behind the exports: whatever they caught of later writes lies before this position.
    const index = this.deps.log.lastIndex();
    const checksums = checksumsOf(this.deps.log, this.deps.mode, this.scope.includes);
    if (!(await this.replay(fromIndex, index))) return { kind: "outdated" };
    const { clusterId } = this.deps.log;
    const cursor = { clusterId, epoch: currentEpoch(this.deps.lineage()), index, checksums };
    await this.makeRoom(await this.port.send("repair", { origin: { clusterId, index }, operations: [], cursor }));
    return { kind: "whole", index, checksums };
  }

  /** @returns whether it came to its end */
  private async exportMounts(add: ReadonlySet<string>): Promise<boolean> {
    if (add.size === 0) return true;
    for (let after: string | undefined; ; ) {
      const chunk = await this.deps.log.exportChunk({
        classes: ["replicated"],
        includeMount: (mountId) => add.has(mountId),
        after,
        limitPairs: this.deps.limits.chunkPairs,
        limitBytes: this.deps.limits.chunkBytes,
      });
      if (await this.scope.isTurned(chunk.pairs.map(({ mountId }) => mountId))) return false;
      if (!(await this.sendOperations(chunk.pairs, chunk.readAtIndex))) return false;
      if (chunk.next === undefined) return true;
      after = chunk.next;
    }
  }

  /** @returns whether it came to its end */
  private async replay(fromIndex: number, toIndex: number): Promise<boolean> {
    for (let from = fromIndex; from < toIndex; ) {
      const entries = await this.deps.log.readBatch(from, REPLAY_ENTRIES);
      if (entries.length === 0) return true;
      for (const entry of entries) {
        if (entry.index > toIndex) return true;
        if (await this.scope.isTurnedBy(entry)) return false;
        const filtered = filterEntry(entry, this.deps.mode, this.scope.includes);
        if (filtered !== undefined && !(await this.sendOperations(filtered.operations, entry.index))) return false;
        from = entry.index;
      }
    }
    return true;
  }

  /** @returns false when the secondary is not to get it any more: it was not sent */
  private async sendOperations(operations: readonly LogOperation[], index: number): Promise<boolean> {
    if (!this.isInForce()) return false;
    if (operations.length === 0) return true;
    const origin = { clusterId: this.deps.log.clusterId, index };
    await this.makeRoom(await this.port.send("repair", { origin, operations, cursor: undefined }));
    return true;
  }
}
