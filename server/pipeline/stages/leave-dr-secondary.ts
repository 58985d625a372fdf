import { isServerError, ServerError } from "../../sdk/errors";
import { isNodesOwn } from "../../sdk/nodes-own";
import type { Exchange } from "../exchange";
import { forwardedRequest } from "../forwarded-request";
import type { PipelinePorts } from "../ports";

/** A DR secondary serves no clients: it hands the request to its primary, token and all, or refuses it. */
export function leaveDrSecondary(exchange: Exchange, ports: PipelinePorts): Promise<void> | undefined {
  if (ports.replication.state().dr !== "secondary") return undefined;
  if (exchange.isOpened) return undefined;
  if (exchange.declaration?.onDrSecondary === true || exchange.path.startsWith("sys/replication/")) return undefined;
  // The primary would answer with what is its own, or take us for an intruder.
  const stays = exchange.declaration?.opensWith !== undefined || isNodesOwn(exchange.path);
  if (stays || exchange.forwarded !== undefined || ports.replication.drClientRequests() === "refuse") {
    throw new ServerError("dr_secondary");
  }
  // The declarations say the same here; handed over it would run as the read that it is not.
  if (exchange.kind === "help") return undefined;
  return handOver(exchange, ports);
}

async function handOver(exchange: Exchange, ports: PipelinePorts): Promise<void> {
  const caller = { kind: "token", token: Buffer.from(exchange.clientToken, "latin1") } as const;
  try {
    const request = forwardedRequest(exchange, caller, exchange.wrapTtlSeconds);
    const { status, body, headers } = await ports.replication.forward("dr", request, exchange.signal);
    exchange.outcome = { kind: "forwarded", status, body, headers };
    exchange.answeredElsewhere = true;
  } catch (error) {
    if (isServerError(error, "primary_unreachable")) throw new ServerError("dr_secondary", { cause: error });
    throw error;
  }
}
