import { ServerError } from "../../sdk/errors";
import type { Exchange } from "../exchange";
import type { PipelinePorts } from "../ports";

/** A sealed node answers what is declared for it and says nothing about the rest. */
export function checkSeal(exchange: Exchange, ports: PipelinePorts): undefined {
  const isSealed = ports.seal.isSealed();
  if (isSealed && exchange.declaration?.whileSealed !== true && !exchange.isOpened) throw new ServerError("sealed");
  exchange.isPastSeal = !isSealed;
  return undefined;
}
