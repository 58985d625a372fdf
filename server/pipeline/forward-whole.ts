import { ServerError } from "../sdk/errors";
import type { ForwardedRequest } from "../sdk/replication";
import type { Exchange } from "./exchange";
import { endsHere, forwardedRequest } from "./forwarded-request";
import type { PipelinePorts } from "./ports";

const BEHIND =
  "The write was made on the primary, but this cluster has not caught up with it yet: a read here may still be old. " +
  "Send the answer's X-Vault-Index with it to make sure.";

/**
 * Runs the request on the primary of the performance set and waits until this cluster has applied what it wrote, so that
 * the client reads its own write here. The caller was authenticated and authorised here; unauthenticated requests (logins
 * that write shared data) go with their token, if they have one.
 */
export async function forwardWhole(exchange: Exchange, ports: PipelinePorts): Promise<void> {
  if (endsHere(exchange)) throw new ServerError("read_only");
  const caller = callerOf(exchange);
  // For the primary's policies alone: with facts it never wraps; with a token it would, in this cluster's place.
  const wrapTtlSeconds = caller.kind === "facts" ? exchange.wrapTtlSeconds : undefined;
  const request = forwardedRequest(exchange, caller, wrapTtlSeconds);
  const answer = await ports.replication.forward("performance", request, exchange.signal);
  const { status, body, headers, epoch, index } = answer;
  if (index > 0) exchange.written = { epoch, index };
  const isHere = index === 0 || (await ports.replication.waitUntilApplied("performance", answer, exchange.signal));
  exchange.outcome = { kind: "forwarded", status, body, headers, ...(isHere ? {} : { warnings: [BEHIND] }) };
}

function callerOf(exchange: Exchange): ForwardedRequest["caller"] {
  if (exchange.token !== undefined) return { kind: "facts", facts: exchange.token };
  return { kind: "token", token: undefined };
}
