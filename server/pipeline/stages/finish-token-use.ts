import type { Exchange } from "../exchange";
import type { PipelinePorts } from "../ports";

/** A token whose last use this was is revoked before the answer goes out. A token of another cluster is not ours to finish. */
export function finishTokenUse(exchange: Exchange, ports: PipelinePorts): Promise<void> | undefined {
  const { token } = exchange;
  if (token === undefined || token.numUsesLeft !== -1 || exchange.forwarded?.caller.kind === "facts") return undefined;
  return ports.tokens.finishUse(token);
}
