import { describeEpoch, sameEpoch } from "../../server/sdk/lineage";
import type { Lineage, LogEntry, ReplicationMode } from "../../server/sdk/log";

/** An entry of another cluster that one has just applied from a stream. */
export interface AppliedEntry {
  readonly cluster: string;
  readonly generation: string;
  readonly mode: ReplicationMode;
  readonly entry: Pick<LogEntry, "epochs" | "origin">;
}

/** Invariant 2: what is applied is of the history that the cluster has adopted, and no cluster goes back to an earlier one. */
export class Histories {
  /** `<mode> <cluster> <generation>`: what each followed last. */
  private readonly followed = new Map<string, Lineage>();

  constructor(private readonly violate: (text: string) => void) {}

  /** @param lineage the cluster's own; empty: it is not known yet */
  applied({ cluster, generation, mode, entry }: AppliedEntry, lineage: Lineage): void {
    if (lineage.length === 0) return;
    const epoch = entry.epochs[mode];
    const what = `${cluster} applied entry ${entry.origin.index} of ${mode} epoch ${describeEpoch(epoch)}`;
    const step = lineage[epoch.number - 1];
    if (step === undefined) this.violate(`${what}, beyond its lineage of ${lineage.length}`);
    else if (!sameEpoch(step.epoch, epoch)) this.violate(`${what}, its lineage has ${describeEpoch(step.epoch)}`);
    const name = `${mode} ${cluster} ${generation}`;
    const before = this.followed.get(name) ?? [];
    this.followed.set(name, lineage);
    const isPart = lineage.every((one, at) => sameEpoch(one.epoch, before[at]?.epoch ?? { number: 0, clusterId: "" }));
    if (isPart && lineage.length < before.length)
      this.violate(`${what}, and had been in epoch ${before.length} before`);
  }
}
