import { errorAnswer as httpErrorAnswer } from "../http/envelope";
import type { HttpAnswer } from "../http/message";
import { ServerError } from "../sdk/errors";
import type { Logger } from "../sdk/logger";
import type { Exchange } from "./exchange";

const TIMED_OUT = new ServerError("internal", "the request took too long");

/** The one place where an error becomes an answer. `detail` and causes go to the server's log, never to the client. */
export function errorAnswer(exchange: Exchange, logger: Logger): HttpAnswer {
  const error = exchange.error ?? TIMED_OUT;
  if (error.status >= 500) report(exchange, error, logger);
  const errors = error.publicText === "" ? [] : [error.publicText];
  return httpErrorAnswer(error.status, errors);
}

function report(exchange: Exchange, error: ServerError, logger: Logger): void {
  if (error.code === "sealed") return;
  const { unexpected } = exchange;
  const cause = unexpected instanceof Error ? unexpected : error.cause;
  logger.log("error", "a request failed", {
    request: exchange.id,
    operation: exchange.operation,
    path: exchange.path,
    code: error.code,
    detail: error.detail,
    cause: cause instanceof Error ? `${cause.name}: ${cause.message}` : undefined,
    stack: unexpected instanceof Error ? unexpected.stack : undefined,
  });
}
