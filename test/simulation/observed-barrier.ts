import type { Barrier, RoleChange, UnsealedCore } from "../../server/sdk/barrier";
import type { Epoch, ReplicationMode, UpstreamCursor } from "../../server/sdk/log";

/** A promotion as it goes to the log: what the new epoch begins with. */
export interface RoleCommit {
  readonly mode: ReplicationMode;
  readonly epoch: Epoch;
  /** First index of the epoch in the cluster's own log. */
  readonly startIndex: number;
  /** Where the promoted cluster stood; undefined where it followed nobody. */
  readonly cursor: UpstreamCursor | undefined;
  /** Not promoted: it was replaced, and an operator has it go on all the same. */
  readonly isFork: boolean;
}

/** The barrier unchanged, with a look at the role changes that go through it. */
export function observedBarrier(core: UnsealedCore, seen: (change: RoleCommit) => void): Barrier {
  const { barrier, log, identity } = core;
  return {
    view: (prefix, keyClass) => barrier.view(prefix, keyClass),
    lineage: (mode) => barrier.lineage(mode),
    rotate: () => barrier.rotate(),
    keyStatus: () => barrier.keyStatus(),
    decrypt: (keyClass, key, ciphertext) => barrier.decrypt(keyClass, key, ciphertext),
    keepKeys: (forSecondaries) => barrier.keepKeys(forSecondaries),
    commit: (operations, change?: RoleChange) => {
      for (const mode of ["performance", "dr"] as const) {
        const step = change?.lineages?.[mode]?.at(-1);
        const before = barrier.lineage(mode).length;
        const isFork = (change?.lineages?.[mode]?.length ?? 0) > 1 && step?.after === undefined;
        if (step?.epoch.clusterId !== identity.id || change?.lineages?.[mode]?.length === before) continue;
        seen({ mode, epoch: step.epoch, startIndex: step.startIndex, isFork, cursor: log.cursor(mode) });
      }
      return barrier.commit(operations, change);
    },
  };
}
