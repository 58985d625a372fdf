import { compareLineage, currentEpoch, describeEpoch } from "../../sdk/lineage";
import type { ClusterLog, Lineage } from "../../sdk/log";
import type { Hello } from "./control-codec";
import { PROTOCOL_VERSION } from "./limits";

/** What a primary does with a secondary that says hello. */
export type StartPlan =
  | { readonly action: "stream"; readonly index: number }
  | { readonly action: "snapshot"; readonly reason: string }
  | { readonly action: "refuse"; readonly reason: string; readonly newerLineage?: Lineage };

/** Decides from the histories first, then from where the secondary stands in the log. */
export async function planStart(log: ClusterLog, ours: Lineage, hello: Hello): Promise<StartPlan> {
  if (hello.protocol !== PROTOCOL_VERSION) {
    return { action: "refuse", reason: `protocol ${hello.protocol} is not spoken here, ${PROTOCOL_VERSION} is` };
  }
  const relation = compareLineage(ours, hello.lineage);
  if (relation === "ahead") {
    const reason = `this cluster is in epoch ${describeEpoch(currentEpoch(ours))}, the set in ${describeEpoch(currentEpoch(hello.lineage))}`;
    return { action: "refuse", reason, newerLineage: hello.lineage };
  }
  if (relation === "forked" && !hello.rejoins) {
    const reason = `two clusters were promoted: ours is epoch ${describeEpoch(currentEpoch(ours))}, yours ${describeEpoch(currentEpoch(hello.lineage))}`;
    return { action: "refuse", reason };
  }
  if (hello.cursor === undefined) return { action: "snapshot", reason: "the secondary holds nothing yet" };
  const index = await ownIndexOf(log, ours, hello.cursor.clusterId, hello.cursor.index);
  if (index === undefined) return { action: "snapshot", reason: "the log no longer reaches back to the secondary" };
  return { action: "stream", index };
}

const SCAN_ENTRIES = 512;

/**
 * The index in our own log of what `clusterId` counts as `index`. Where we followed that cluster ourselves it is the last
 * entry we applied that is not beyond it; where we applied none, the entry before the next, or what our promotion began
 * with. A wrong guess is found by the checksums. Undefined when the log does not reach back.
 */
async function ownIndexOf(
  log: ClusterLog,
  lineage: Lineage,
  clusterId: string,
  index: number,
): Promise<number | undefined> {
  const isStored = (own: number): boolean => own >= log.oldestIndex() - 1 && own <= log.lastIndex();
  if (clusterId === log.clusterId) return isStored(index) ? index : undefined;
  let found: number | undefined;
  let beyond: number | undefined;
  for (let from = log.oldestIndex() - 1; ; ) {
    const entries = await log.readBatch(from, SCAN_ENTRIES);
    for (const entry of entries) {
      if (entry.origin.clusterId !== clusterId) continue;
      if (entry.origin.index <= index) found = entry.index;
      else beyond ??= entry.index;
    }
    const last = entries.at(-1);
    if (last === undefined) break;
    from = last.index;
  }
  if (found !== undefined) return found;
  const promoted = lineage.findLast((step) => step.epoch.clusterId === log.clusterId)?.startIndex;
  const next = beyond ?? promoted;
  return next !== undefined && isStored(next - 1) ? next - 1 : undefined;
}
