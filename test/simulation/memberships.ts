import type { ReplicationMode } from "../../server/sdk/log";
import type { SimulatedCluster } from "./simulated-cluster";

interface Membership {
  readonly clusterId: string;
  /** Of that cluster's log, when the secondary was let in: the record lies at it or before. */
  readonly index: number;
}

/**
 * Where secondaries were let in last. The record is the primary's own and reaches its DR secondaries like any other: one that is
 * promoted without having it does not know the secondary, which then needs a new token from an operator.
 */
export class Memberships {
  private readonly newest = new Map<string, Membership>();

  made(primary: SimulatedCluster, secondary: SimulatedCluster, mode: ReplicationMode): void {
    const { core, clusterId } = primary;
    if (core === undefined || clusterId === undefined) return;
    this.newest.set(`${mode} ${secondary.name}`, { clusterId, index: core.log.lastIndex() });
  }

  /** Whether the primary took the place of who let the secondary in, without the record of it. */
  areLost(primary: SimulatedCluster, secondary: SimulatedCluster, mode: ReplicationMode): boolean {
    const membership = this.newest.get(`${mode} ${secondary.name}`);
    if (membership === undefined || membership.clusterId === primary.clusterId) return false;
    const successions = primary.core?.barrier
      .lineage("dr")
      .filter(({ after }) => after?.clusterId === membership.clusterId);
    const after = successions?.at(-1)?.after;
    return after !== undefined && membership.index > after.index;
  }
}
