import type { AnyPath } from "../../sdk/path";
import { divergencePaths } from "./path-replication-divergence";
import { drReplicationPaths } from "./path-replication-dr";
import { failoverPaths } from "./path-replication-failover";
import type { ReplicationContext } from "./path-replication-fields";
import { replicationFilterPaths } from "./path-replication-filter";
import { performanceReplicationPaths } from "./path-replication-performance";
import { replicationStatusPaths } from "./path-replication-status";

/** Everything under sys/replication. */
export const replicationPaths: readonly AnyPath<ReplicationContext>[] = [
  ...replicationStatusPaths,
  ...performanceReplicationPaths,
  ...drReplicationPaths,
  ...replicationFilterPaths,
  ...divergencePaths,
  ...failoverPaths,
];
