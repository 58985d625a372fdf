import type { Epoch, Lineage, Origin } from "./log";

/** What is shown by others is kept, so it has limits: promotions of one set, and the text that names a cluster. */
export const LINEAGE_STEPS_MAX = 4_096;
const CLUSTER_ID_CHARACTERS_MAX = 64;

/** Whether a history that was shown can be one of a set. */
export function isPlausible(lineage: Lineage): boolean {
  if (lineage.length > LINEAGE_STEPS_MAX) return false;
  return lineage.every(({ epoch, after }) =>
    [epoch.clusterId, after?.clusterId ?? ""].every((id) => id.length <= CLUSTER_ID_CHARACTERS_MAX),
  );
}

export function sameEpoch(left: Epoch, right: Epoch): boolean {
  return left.number === right.number && left.clusterId === right.clusterId;
}

/** How another cluster's history stands to ours. */
export type LineageRelation = "equal" | "behind" | "ahead" | "forked";

/** `behind`: theirs is a beginning of ours. `ahead`: ours is a beginning of theirs. `forked`: two promotions from one epoch. */
export function compareLineage(ours: Lineage, theirs: Lineage): LineageRelation {
  const shared = Math.min(ours.length, theirs.length);
  for (let index = 0; index < shared; index += 1) {
    const mine = ours[index];
    const other = theirs[index];
    if (mine === undefined || other === undefined || !sameEpoch(mine.epoch, other.epoch)) return "forked";
  }
  if (ours.length === theirs.length) return "equal";
  return theirs.length < ours.length ? "behind" : "ahead";
}

/** The epoch that writes are stamped with; number 0 before the mode was ever enabled. */
export function currentEpoch(lineage: Lineage): Epoch {
  return lineage.at(-1)?.epoch ?? { number: 0, clusterId: "" };
}

/** The history after `clusterId` was promoted; its next entry will be `startIndex`. `after`: see `LineageStep`. */
export function nextLineage(lineage: Lineage, clusterId: string, startIndex: number, after?: Origin): Lineage {
  const epoch = { number: currentEpoch(lineage).number + 1, clusterId };
  return [...lineage, { epoch, startIndex, ...(after === undefined ? {} : { after }) }];
}

/** `3 of 5ad1...`: for people. */
export function describeEpoch(epoch: Epoch): string {
  return epoch.number === 0 ? "none" : `${epoch.number} of cluster ${epoch.clusterId}`;
}
