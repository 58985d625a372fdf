import { isServerError } from "../../sdk/errors";
import type { Outcome } from "../../sdk/outcome";
import { isClustersOwn } from "../clusters-own";
import type { Exchange } from "../exchange";
import { forwardWhole } from "../forward-whole";
import { endsHere } from "../forwarded-request";
import type { PipelinePorts } from "../ports";

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
  const stays = endsHere(exchange) || exchange.kind === "login" || isClustersOwn(exchange.path);
  if (!isSecondary || stays || !isServerError(error, "read_only")) throw error;
  return forwardWhole(exchange, ports);
}
