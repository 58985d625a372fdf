import { ServerError } from "../../sdk/errors";
import { parseForm } from "../../sdk/form";
import type { JsonObject, JsonValue } from "../../sdk/json";
import { JsonError, parseJson } from "../../sdk/json";
import type { Exchange } from "../exchange";

const BODY_BYTES_MAX_DEFAULT = 1024 * 1024;
const FORM_FIELDS_MAX = 1000;
const MERGE_PATCH = "application/merge-patch+json";
const FORM = "application/x-www-form-urlencoded";

/** Reads the body of what may carry one. JSON whatever the content type says, but for a form that does not look like JSON. */
export function parseBody(exchange: Exchange): undefined {
  const { rawBody, operation } = exchange;
  exchange.bodyParsed = true;
  if (operation === "read" || operation === "list") return undefined;
  if (operation === "patch") checkPatchType(exchange.contentType);
  if (rawBody.length === 0) return undefined;
  const bytesMax = exchange.declaration?.bodyBytesMax ?? BODY_BYTES_MAX_DEFAULT;
  if (rawBody.length > bytesMax) throw new ServerError("body_too_large");
  exchange.body = isForm(exchange.contentType, rawBody) ? readForm(rawBody) : readJson(rawBody, bytesMax);
  return undefined;
}

function checkPatchType(contentType: string | undefined): void {
  const type = mediaType(contentType);
  if (type === MERGE_PATCH) return;
  const provided = /^[\w.+/-]{1,100}$/.test(type) ? type : "another";
  throw new ServerError(
    "unsupported_media_type",
    `PATCH requires Content-Type of ${MERGE_PATCH}, provided ${provided}`,
  );
}

function mediaType(contentType: string | undefined): string {
  return (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

function isForm(contentType: string | undefined, body: Buffer): boolean {
  const first = body[0];
  return contentType !== undefined && first !== 0x7b && first !== 0x5b && mediaType(contentType) === FORM;
}

function readForm(body: Buffer): JsonObject {
  const form = parseForm(body.toString("latin1"), FORM_FIELDS_MAX);
  if (typeof form === "string") throw new ServerError("invalid_request", "failed to parse the form in the body");
  return new Map<string, JsonValue>([...form].map(([name, values]) => [name, formValue(values)]));
}

function formValue(values: readonly string[]): JsonValue {
  return values.length > 1 ? [...values] : (values[0] ?? "");
}

function readJson(body: Buffer, bytesMax: number): JsonObject {
  try {
    const parsed = parseJson(body, { bytesMax });
    if (parsed instanceof Map) return parsed;
  } catch (error) {
    if (error instanceof JsonError) {
      throw new ServerError("invalid_request", `failed to parse JSON input: ${error.message}`);
    }
    throw error;
  }
  throw new ServerError("invalid_request", "failed to parse JSON input: an object is expected");
}
