import type { AnyPath } from "../../sdk/path";
import type { ReplicationContext } from "./path-replication-fields";
import { primaryPaths } from "./path-replication-primary";
import { performanceSecondaryPaths } from "./path-replication-secondary";

/** The paths from before DR replication existed mean performance replication. */
const PREFIXES = ["replication/performance/", "replication/"] as const;

/** sys/replication/performance/... but for its status and filters, under both names. */
export const performanceReplicationPaths: readonly AnyPath<ReplicationContext>[] = PREFIXES.flatMap((prefix) => [
  ...primaryPaths("performance", prefix),
  ...performanceSecondaryPaths(prefix),
]);
