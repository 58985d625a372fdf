import type { Barrier, RoleChange, UnsealedCore } from "../../server/sdk/barrier";
import type { Epoch, ReplicationMode, UpstreamCursor } from "../../server/sdk/log";

/** A promotion as it goes to the log: what the new epoch begins with. */
export interface RoleCommit {
  readonly mode: ReplicationMode;
  readonly epoch: Epoch;
  /** Where the promoted cluster stood; undefined where it followed nobody. */
  readonly cursor: UpstreamCursor | undefined;
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
        const epoch = change?.lineages?.[mode]?.at(-1)?.epoch;
        const before = barrier.lineage(mode).length;
        if (epoch?.clusterId !== identity.id || change?.lineages?.[mode]?.length === before) continue;
        seen({ mode, epoch, cursor: log.cursor(mode) });
      }
      return barrier.commit(operations, change);
    },
  };
}
