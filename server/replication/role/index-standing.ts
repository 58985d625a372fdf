import { currentEpoch, sameEpoch } from "../../sdk/lineage";
import type { Lineage, LineageStep } from "../../sdk/log";
import type { EpochIndex, IndexStanding } from "../../sdk/replication";

/**
 * Whether a cluster that holds everything up to `held` holds `at`. Indexes of two epochs are numbers of two clusters' logs:
 * they are never compared, but led through the history, which says where each epoch left its predecessor. What lies beyond
 * that was lost at the promotion. `held` undefined: nothing is known to be here.
 */
export function standingOf(lineage: Lineage, held: EpochIndex | undefined, at: EpochIndex): IndexStanding {
  if (at.index === 0) return "held";
  if (held !== undefined && sameEpoch(held.epoch, at.epoch)) return at.index <= held.index ? "held" : "awaited";
  const start = lineage.findIndex((step) => begins(step, at));
  if (start < 0) return at.epoch.number > currentEpoch(lineage).number ? "awaited" : "absent";
  let { index } = at;
  for (let number = start; ; number += 1) {
    const [step, next] = [lineage[number], lineage[number + 1]];
    if (step === undefined) return "absent";
    if (held !== undefined && sameEpoch(held.epoch, step.epoch)) return index <= held.index ? "held" : "awaited";
    if (next === undefined) return "awaited";
    const led = inNextEpoch(step, next, index);
    if (led === undefined) return "absent";
    index = led;
  }
}

/** Before its first epoch a cluster counted in the numbering that this epoch goes on with. */
function begins(step: LineageStep, { epoch, index }: EpochIndex): boolean {
  if (epoch.number > 0) return sameEpoch(step.epoch, epoch);
  return step.epoch.number === 1 && step.epoch.clusterId === epoch.clusterId && index < step.startIndex;
}

/** The index up to which the next epoch's numbering has to be held, so that `index` of the one before is. */
function inNextEpoch(step: LineageStep, next: LineageStep, index: number): number | undefined {
  if (next.epoch.clusterId === step.epoch.clusterId) return index;
  const { after } = next;
  if (after === undefined || after.clusterId !== step.epoch.clusterId || index > after.index) return undefined;
  return next.startIndex - 1;
}
