import { requestMetrics } from "../pipeline/request-metrics";
import { forwardMetrics } from "../replication/forward/forward-metrics";
import { activationMetrics } from "../replication/role/activation-refusals";
import { replicationMetrics } from "../replication/role/replication-metrics";
import { synchronousDrMetrics } from "../replication/role/synchronous-dr-metrics";
import { diffMetrics } from "../replication/stream/diff-metrics";
import { refusalMetrics } from "../replication/stream/refusals";
import { streamMetrics } from "../replication/stream/stream-metrics";
import type { MetricDeclaration } from "../sdk/metrics";
import { auditMetrics } from "../services/audit/metered-trail";
import { storageMetrics } from "./metered-storage";
import { nodeMetrics } from "./node-metrics";

/** Every metric there is, for the page about them: one row a table of declarations. */
export const metricTables: readonly (readonly [heading: string, rows: readonly MetricDeclaration[]])[] = [
  ["The node", Object.values(nodeMetrics)],
  ["Requests", Object.values(requestMetrics)],
  ["Audit", Object.values(auditMetrics)],
  ["Storage", Object.values(storageMetrics)],
  ["Replication: roles, positions and lag", Object.values(replicationMetrics)],
  ["Replication: streaming", Object.values(streamMetrics)],
  ["Replication: diffs", Object.values(diffMetrics)],
  ["Replication: forwarded requests", Object.values(forwardMetrics)],
  ["Replication: synchronous DR", Object.values(synchronousDrMetrics)],
  ["Replication: the cluster port", Object.values(refusalMetrics)],
  ["Replication: activation", Object.values(activationMetrics)],
];
