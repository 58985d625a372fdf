import { ServerError } from "../../sdk/errors";
import type { Exchange } from "../exchange";

/** Only now, with permission, does the client learn what is not there. */
export function checkRoute(exchange: Exchange): undefined {
  if (exchange.outcome !== undefined) return undefined;
  if (exchange.mount === undefined) {
    throw new ServerError("no_handler", `no handler for route "${exchange.path}". route entry not found.`);
  }
  if (exchange.match === undefined) throw new ServerError("unsupported_path");
  if (exchange.isFolder) throw new ServerError("not_found");
  if (exchange.declaration === undefined) throw new ServerError("unsupported_operation");
  if (exchange.http?.method === "HEAD" && exchange.declaration.unauthenticated !== true) {
    throw new ServerError("unsupported_operation");
  }
  return undefined;
}
