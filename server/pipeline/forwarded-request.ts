import type { ForwardedRequest } from "../sdk/replication";
import type { Exchange } from "./exchange";

/** The request as it came, for another cluster to run whole. */
export function forwardedRequest(
  exchange: Exchange,
  caller: ForwardedRequest["caller"],
  wrapTtlSeconds: number | undefined,
): ForwardedRequest {
  const { id, operation, path, query, rawBody, contentType, remoteAddress } = exchange;
  return { id, caller, operation, path, query, body: rawBody, contentType, remoteAddress, wrapTtlSeconds };
}
