import type { Exchange } from "../exchange";
import { forwardWhole } from "../forward-whole";
import type { PipelinePorts } from "../ports";

/** A performance secondary hands what writes shared data to the primary, whole, before anything was done here. */
export function forward(exchange: Exchange, ports: PipelinePorts): Promise<void> | undefined {
  if (exchange.outcome !== undefined || exchange.declaration?.forward !== true) return undefined;
  if (exchange.mount?.entry.local === true || ports.replication.state().performance !== "secondary") return undefined;
  return forwardWhole(exchange, ports);
}
