import type { Exchange } from "../exchange";
import { handlerCall } from "../handler-call";

/** Converts and checks the fields. */
export function validate(exchange: Exchange): undefined {
  if (exchange.outcome === undefined) exchange.call = handlerCall(exchange);
  return undefined;
}
