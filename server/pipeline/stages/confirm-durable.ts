import type { Exchange } from "../exchange";
import type { PipelinePorts } from "../ports";
import { mayHaveWritten } from "../wrote";

/**
 * A write that a DR secondary has to hold before it is acknowledged is waited for here: behind everything that the request
 * writes, and before the trail learns how it ended. What changes roles must not depend on those it changes.
 */
export function confirmDurable(exchange: Exchange, ports: PipelinePorts): Promise<void> | undefined {
  if (exchange.error !== undefined || !exchange.isPastSeal || exchange.path.startsWith("sys/replication/")) {
    return undefined;
  }
  if (!mayHaveWritten(exchange, ports)) return undefined;
  return ports.replication.confirmDurable(ports.replication.lastIndex());
}
