import type { Exchange } from "../exchange";
import type { PipelinePorts } from "../ports";

/** Nothing is done before a device has taken the request. Health checks and the like are not audited. */
export function auditRequest(exchange: Exchange, ports: PipelinePorts): Promise<void> | undefined {
  if (exchange.declaration?.unaudited === true || exchange.isOpened) return undefined;
  const waiting = ports.audit.request(exchange, "");
  if (waiting === undefined) {
    exchange.requestAudited = true;
    return undefined;
  }
  return waiting.then(() => {
    exchange.requestAudited = true;
  });
}
