import { gauge, type Metrics } from "../sdk/metrics";

const everyNode = (name: string, unit: string, meaning: string) => gauge({ name, unit, meaning, where: "every node" });

export const nodeMetrics = {
  unsealed: everyNode("core.unsealed", "0 or 1", "1: this node is unsealed."),
  active: everyNode(
    "core.active",
    "0 or 1",
    "1: this node serves its cluster; while it is unsealed, since it has no standbys.",
  ),
  inFlight: everyNode(
    "core.in_flight_requests",
    "requests",
    "Requests that wait for something now; those answered at once are never seen here.",
  ),
  allocated: everyNode("runtime.alloc_bytes", "bytes", "JavaScript heap in use."),
  resident: everyNode("runtime.sys_bytes", "bytes", "Memory of the process as the system counts it (RSS)."),
  external: everyNode("runtime.external_bytes", "bytes", "Memory of buffers outside the heap."),
  processor: everyNode("runtime.cpu_seconds", "seconds", "Processor time of the process since its start, all threads."),
} as const;

export interface NodeState {
  isSealed(): boolean;
  inFlightRequests(): number;
}

/** What the process itself tells. */
export function watchNode(metrics: Metrics, node: NodeState): void {
  const isOpen = (): number => (node.isSealed() ? 0 : 1);
  metrics.gauge(nodeMetrics.unsealed, isOpen);
  metrics.gauge(nodeMetrics.active, isOpen);
  metrics.gauge(nodeMetrics.inFlight, () => node.inFlightRequests());
  metrics.gauge(nodeMetrics.allocated, () => process.memoryUsage().heapUsed);
  metrics.gauge(nodeMetrics.resident, () => process.memoryUsage.rss());
  metrics.gauge(nodeMetrics.external, () => process.memoryUsage().external);
  metrics.gauge(nodeMetrics.processor, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
}
