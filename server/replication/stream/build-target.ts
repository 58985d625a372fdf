import type { GenerationBuilder } from "../../sdk/barrier";
import type { Lineage, UpstreamCursor } from "../../sdk/log";
import type { Checkpoint, Welcome } from "./control-codec";
import type { FollowerTarget } from "./follower";
import type { EntriesFrame } from "./frames";

/** Replays a stream over an imported snapshot; complete at the first checkpoint, where everything must add up. */
export class BuildTarget implements FollowerTarget {
  constructor(
    private readonly builder: GenerationBuilder,
    private readonly activate: (cursor: UpstreamCursor, lineage: Lineage) => Promise<void>,
  ) {}

  private clusterId = "";

  begin(welcome: Welcome): Promise<void> {
    this.clusterId = welcome.clusterId;
    return Promise.resolve();
  }

  async applyEntries(frame: EntriesFrame): Promise<void> {
    if (frame.entries.length === 0) return;
    await this.builder.applyEntries(frame.entries, {
      ...this.builder.progress(),
      replayedIndex: frame.cursor.index,
    });
  }

  applyRepair(): Promise<void> {
    return Promise.reject(new Error("a repair cannot be applied to an unfinished snapshot"));
  }

  forget(): Promise<void> {
    return Promise.reject(new Error("mounts cannot be removed from an unfinished snapshot"));
  }

  async checkpoint(checkpoint: Checkpoint): Promise<boolean> {
    const { epoch, index, checksums } = checkpoint;
    await this.activate({ clusterId: this.clusterId, epoch, index, checksums }, checkpoint.lineage);
    return true;
  }
}
