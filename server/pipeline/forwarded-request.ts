import type { ForwardedRequest } from "../sdk/replication";
import type { Exchange } from "./exchange";

/** The request as it came, for another cluster to run whole. */
export function forwardedRequest(
  exchange: Exchange,
  caller: ForwardedRequest["caller"],
  wrapTtlSeconds: number | undefined,
): ForwardedRequest {
  const { id, operation, path, query, rawBody, contentType, remoteAddress } = exchange;
  const request = { id, caller, operation, path, query, body: rawBody, contentType, remoteAddress, wrapTtlSeconds };
  // What a performance secondary was asked to hold it has looked at itself; a DR secondary looks at nothing.
  return caller.kind === "facts" || exchange.requiredIndexes.length === 0
    ? request
    : { ...request, requiredIndexes: exchange.requiredIndexes, waitsForIndex: exchange.waitsForIndex };
}

/**
 * Whether the request came from a performance secondary, which has authenticated its caller: its way ends here. What a DR
 * secondary handed over is this cluster's own client's, and goes on to the primary like anything of theirs.
 */
export function endsHere(exchange: Exchange): boolean {
  return exchange.forwarded?.caller.kind === "facts";
}
