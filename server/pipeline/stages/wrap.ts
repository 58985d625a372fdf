import { wrappableBody } from "../envelope";
import type { Exchange } from "../exchange";
import type { PipelinePorts } from "../ports";

/** Puts the answer under a single-use token where the client asked for that and there is something to wrap. */
export function wrap(exchange: Exchange, ports: PipelinePorts): Promise<void> | undefined {
  const { wrapTtlSeconds } = exchange;
  if (wrapTtlSeconds === undefined || exchange.answeredElsewhere) return undefined;
  const body = wrappableBody(exchange);
  return body === undefined ? undefined : store(exchange, ports, body, wrapTtlSeconds);
}

async function store(exchange: Exchange, ports: PipelinePorts, body: Buffer, ttlSeconds: number): Promise<void> {
  const { outcome } = exchange;
  const auth = outcome?.kind === "auth" ? outcome.auth : exchange.issuedAuth;
  const info = await ports.wrapping.wrap(body, ttlSeconds, exchange.path, auth?.accessor);
  exchange.outcome = { kind: "wrapped", wrap: info };
  exchange.issuedAuth = undefined;
  exchange.issuedLease = undefined;
}
