import { parseBody as parseFields, parsePatchBody } from "../../http/body";
import { ServerError } from "../../sdk/errors";
import type { Exchange } from "../exchange";

const BODY_BYTES_MAX_DEFAULT = 1024 * 1024;

const CODES = { 400: "invalid_request", 413: "body_too_large", 415: "unsupported_media_type" } as const;

/** Reads the body of what may carry one, with the limits of the path. A body with a read or a list is ignored. */
export function parseBody(exchange: Exchange): undefined {
  const { rawBody, operation, contentType } = exchange;
  exchange.bodyParsed = true;
  if (operation === "read" || operation === "list") return undefined;
  const bytesMax = exchange.declaration?.bodyBytesMax ?? BODY_BYTES_MAX_DEFAULT;
  if (rawBody.length > bytesMax) throw new ServerError("body_too_large");
  const parse = operation === "patch" ? parsePatchBody : parseFields;
  const parsed = parse(rawBody, contentType, { bytesMax });
  if (!parsed.ok) throw new ServerError(CODES[parsed.status], parsed.message);
  exchange.body = parsed.fields;
  return undefined;
}
