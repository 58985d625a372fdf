import { currentEpoch } from "../../sdk/lineage";
import type { LogOperation } from "../../sdk/log";
import { filterEntry } from "../filter/entry-filter";
import type { MountScope } from "../filter/mount-scope";
import type { FramePort } from "./frame-port";
import { type Checksums, checksumsOf } from "./running-checksums";
import type { ShipperDependencies } from "./shipper-dependencies";

const REPLAY_ENTRIES = 256;

/**
 * Brings a secondary to another set of mounts without a snapshot of the rest: what it may no longer hold is removed, what
 * it should hold is exported, then the log is replayed over both up to one position, whose checksums end the series.
 */
export class MountRepair {
  constructor(
    private readonly deps: ShipperDependencies,
    private readonly port: FramePort,
    private readonly scope: MountScope,
    private readonly makeRoom: (bytes: number) => Promise<void>,
  ) {}

  /** @returns where the secondary stands afterwards; undefined when there was nothing to do */
  async run(
    forget: readonly string[],
    add: ReadonlySet<string>,
    fromIndex: number,
  ): Promise<{ readonly index: number; readonly checksums: Checksums } | undefined> {
    if (forget.length === 0 && add.size === 0) return undefined;
    if (forget.length > 0) await this.makeRoom(await this.port.send("forget", { mountIds: forget }));
    if (add.size > 0) await this.exportMounts(add);
    // Taken behind the exports: whatever they caught of later writes lies before this position.
    const index = this.deps.log.lastIndex();
    const checksums = checksumsOf(this.deps.log, this.deps.mode, this.scope.includes);
    await this.replay(fromIndex, index);
    const { clusterId } = this.deps.log;
    const cursor = { clusterId, epoch: currentEpoch(this.deps.lineage()), index, checksums };
    await this.makeRoom(await this.port.send("repair", { origin: { clusterId, index }, operations: [], cursor }));
    return { index, checksums };
  }

  private async exportMounts(add: ReadonlySet<string>): Promise<void> {
    for (let after: string | undefined; ; ) {
      const chunk = await this.deps.log.exportChunk({
        classes: ["replicated"],
        includeMount: (mountId) => add.has(mountId),
        after,
        limitPairs: this.deps.limits.chunkPairs,
        limitBytes: this.deps.limits.chunkBytes,
      });
      await this.sendOperations(chunk.pairs, chunk.readAtIndex);
      if (chunk.next === undefined) return;
      after = chunk.next;
    }
  }

  private async replay(fromIndex: number, toIndex: number): Promise<void> {
    for (let from = fromIndex; from < toIndex; ) {
      const entries = await this.deps.log.readBatch(from, REPLAY_ENTRIES);
      if (entries.length === 0) return;
      for (const entry of entries) {
        if (entry.index > toIndex) return;
        await this.scope.decideAll(entry.operations.map((operation) => operation.mountId));
        const filtered = filterEntry(entry, this.deps.mode, this.scope.includes);
        if (filtered !== undefined) await this.sendOperations(filtered.operations, entry.index);
        from = entry.index;
      }
    }
  }

  private async sendOperations(operations: readonly LogOperation[], index: number): Promise<void> {
    if (operations.length === 0) return;
    const origin = { clusterId: this.deps.log.clusterId, index };
    await this.makeRoom(await this.port.send("repair", { origin, operations, cursor: undefined }));
  }
}
