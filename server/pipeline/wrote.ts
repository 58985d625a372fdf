import type { Exchange } from "./exchange";
import type { PipelinePorts } from "./ports";

/**
 * Whether the request may have changed this cluster's storage. The log's index before and after says so: a write by somebody
 * else in between counts too, which is sound and costs nothing per write. A read writes only what it was given: a lease, a
 * token, a wrapped answer, or a use of its token.
 */
export function mayHaveWritten(exchange: Exchange, ports: Pick<PipelinePorts, "replication">): boolean {
  if (exchange.answeredElsewhere) return false;
  if (isPlainRead(exchange)) return false;
  return ports.replication.lastIndex() !== exchange.indexBefore;
}

function isPlainRead({ operation, outcome, token }: Exchange): boolean {
  if (operation !== "read" && operation !== "list") return false;
  if (token !== undefined && token.numUsesLeft !== 0) return false;
  const kind = outcome?.kind;
  return kind !== "lease" && kind !== "wrapped" && kind !== "login" && kind !== "auth";
}
