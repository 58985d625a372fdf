import type { Exchange } from "../exchange";
import type { PipelinePorts } from "../ports";

/**
 * No byte of the answer leaves before a device has taken the response. A request that was refused before its request entry
 * was due leaves one entry with the reason.
 */
export function auditResponse(exchange: Exchange, ports: PipelinePorts): Promise<void> | undefined {
  if (exchange.declaration?.unaudited === true || exchange.isOpened) return undefined;
  if (exchange.answeredElsewhere || !exchange.isPastSeal) return undefined;
  if (exchange.declaration?.endsTrail === true && exchange.error === undefined) return undefined;
  const error = exchange.error?.publicText ?? "";
  if (!exchange.requestAudited) {
    return exchange.error?.code === "audit_failed" ? undefined : ports.audit.request(exchange, error || "refused");
  }
  return ports.audit.response(exchange, {
    outcome: exchange.error === undefined ? exchange.outcome : undefined,
    auth: exchange.issuedAuth,
    error,
    leaseId: exchange.issuedLease?.leaseId ?? "",
  });
}
