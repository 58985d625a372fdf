import { isServerError } from "../../sdk/errors";
import type { Outcome } from "../../sdk/outcome";
import type { Exchange } from "../exchange";
import { forwardWhole } from "../forward-whole";
import type { PipelinePorts } from "../ports";

/** Operations of one cluster alone: the primary would look at tokens and leases of its own. */
const NEVER_FORWARDED = ["auth/token/", "sys/leases/", "sys/renew", "sys/revoke", "sys/replication/", "sys/raw/"];

/** Calls the handler. A write that meets storage this cluster may not write is forwarded whole: nothing was written here. */
export function run(exchange: Exchange, ports: PipelinePorts): Promise<void> | undefined {
  const { declaration, call } = exchange;
  if (exchange.outcome !== undefined || declaration === undefined || call === undefined) return undefined;
  let result: Promise<Outcome> | Outcome;
  try {
    result = declaration.run(call);
  } catch (error) {
    return forwardIfReadOnly(exchange, ports, error);
  }
  if (result instanceof Promise) {
    return result.then(
      (outcome) => {
        exchange.outcome = outcome;
      },
      (error: unknown) => forwardIfReadOnly(exchange, ports, error),
    );
  }
  exchange.outcome = result;
  return undefined;
}

function forwardIfReadOnly(exchange: Exchange, ports: PipelinePorts, error: unknown): Promise<void> {
  const isSecondary = ports.replication.state().performance === "secondary";
  const stays = exchange.forwarded !== undefined || NEVER_FORWARDED.some((prefix) => exchange.path.startsWith(prefix));
  if (!isSecondary || stays || !isServerError(error, "read_only")) throw error;
  return forwardWhole(exchange, ports);
}
