import { compareLineage, currentEpoch, describeEpoch, sameEpoch } from "../../sdk/lineage";
import type { ClusterLog, Lineage, UpstreamCursor } from "../../sdk/log";
import type { Hello } from "./control-codec";
import { PROTOCOL_VERSION } from "./limits";

/** What a primary does with a secondary that says hello. */
export type StartPlan =
  | { readonly action: "stream"; readonly index: number }
  | { readonly action: "reconcile"; readonly reason: string }
  | { readonly action: "refuse"; readonly reason: string; readonly newerLineage?: Lineage };

/** Decides from the histories first, then from where the secondary stands in the log. */
export async function planStart(log: ClusterLog, ours: Lineage, hello: Hello): Promise<StartPlan> {
  if (hello.protocol !== PROTOCOL_VERSION) {
    return { action: "refuse", reason: `protocol ${hello.protocol} is not spoken here, ${PROTOCOL_VERSION} is` };
  }
  const { lineage, laterLineage = lineage, rejoins } = hello;
  // Who has met our successor tells us, although it does not follow it yet.
  const refused = refusalOf(ours, lineage, rejoins) ?? refusalOf(ours, laterLineage, true);
  if (refused !== undefined) return { action: "refuse", ...refused };
  if (hello.cursor === undefined) return { action: "reconcile", reason: "the secondary holds nothing yet" };
  const index = await ownIndexOf(log, ours, lineage, hello.cursor);
  if (index === undefined) return { action: "reconcile", reason: "the log no longer reaches back to the secondary" };
  return { action: "stream", index };
}

/** What a fenced cluster answers to everybody. */
export const REPLACED = "this cluster was replaced as primary of the set";

/** Why a secondary with such a history cannot follow this cluster; undefined: it can. */
export function refusalOf(
  ours: Lineage,
  theirs: Lineage,
  rejoins: boolean,
): { readonly reason: string; readonly newerLineage?: Lineage } | undefined {
  const [mine, other] = [describeEpoch(currentEpoch(ours)), describeEpoch(currentEpoch(theirs))];
  const relation = compareLineage(ours, theirs);
  if (relation === "ahead") {
    return { reason: `this cluster is in epoch ${mine}, the set in ${other}`, newerLineage: theirs };
  }
  if (relation !== "forked" || rejoins) return undefined;
  return { reason: `two clusters were promoted: ours is epoch ${mine}, yours ${other}` };
}

const SCAN_ENTRIES = 512;

/**
 * The index in our own log of what `clusterId` counts as `index`. Where we followed that cluster ourselves it is the last
 * entry we applied that is not beyond it; where we applied none, the entry before the next, or what our promotion began
 * with. Never beyond a promotion of ours that the secondary does not know: both may have followed one cluster on, and what
 * the promotion wrote would be left out. A wrong guess is found by the checksums. Undefined when the log does not reach back.
 */
async function ownIndexOf(
  log: ClusterLog,
  lineage: Lineage,
  theirs: Lineage,
  { clusterId, index }: Pick<UpstreamCursor, "clusterId" | "index">,
): Promise<number | undefined> {
  const isStored = (own: number): boolean => own >= log.oldestIndex() - 1 && own <= log.lastIndex();
  if (clusterId === log.clusterId) return isStored(index) ? index : undefined;
  const unknown = unknownPromotion(log.clusterId, lineage, theirs);
  let found: number | undefined;
  let beyond: number | undefined;
  for (let from = log.oldestIndex() - 1; ; ) {
    const entries = await log.readBatch(from, SCAN_ENTRIES);
    for (const entry of entries) {
      if (entry.origin.clusterId !== clusterId || entry.index >= unknown) continue;
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

/** Where in our own log the first promotion of ours lies that the other history does not have. */
function unknownPromotion(clusterId: string, ours: Lineage, theirs: Lineage): number {
  const step = ours.find(({ epoch }, at) => {
    const same = theirs[at]?.epoch;
    return epoch.clusterId === clusterId && (same === undefined || !sameEpoch(same, epoch));
  });
  return step?.startIndex ?? Number.POSITIVE_INFINITY;
}
