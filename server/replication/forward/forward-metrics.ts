import type { Clock } from "../../sdk/clock";
import { type Metrics, summary } from "../../sdk/metrics";

export const forwardMetrics = {
  forward: summary({
    name: "replication.rpc.client.forward",
    unit: "milliseconds",
    meaning: "Time until the primary answered a request that was forwarded to it, failures included.",
    where: "secondary",
  }),
  primaryCall: summary({
    name: "replication.rpc.client.primary_call",
    unit: "milliseconds",
    meaning: "Time until the primary did what a mount here asked of it (use-limited credentials), failures included.",
    where: "secondary",
  }),
  forwardingRequest: summary({
    name: "replication.rpc.server.forwarding_request",
    unit: "milliseconds",
    meaning: "Time to run a request that a secondary forwarded, failures included.",
    where: "primary",
  }),
  consistencyWait: summary({
    name: "replication.consistency_wait",
    unit: "milliseconds",
    meaning: "Time an answer waited until this cluster had applied the index that it or its client needed.",
    where: "secondary",
  }),
} as const;

/** Runs something and notes how long it took, whatever came of it. */
export async function timed<Value>(
  { metrics, clock }: { readonly metrics: Metrics; readonly clock: Clock },
  declaration: (typeof forwardMetrics)[keyof typeof forwardMetrics],
  run: () => Promise<Value>,
): Promise<Value> {
  const began = clock.monotonicMilliseconds();
  try {
    return await run();
  } finally {
    metrics.summary(declaration).observe(clock.monotonicMilliseconds() - began);
  }
}
