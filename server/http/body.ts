import { parseForm } from "../sdk/form";
import type { JsonLimits, JsonObject } from "../sdk/json";
import { JsonError, parseJson } from "../sdk/json";
import { fieldsToObject } from "./verbs";

export type ParsedBody =
  | { readonly ok: true; readonly fields: JsonObject }
  | { readonly ok: false; readonly status: 400 | 413 | 415; readonly message: string };

const FORM_TYPE = "application/x-www-form-urlencoded";
const MERGE_PATCH_TYPE = "application/merge-patch+json";
const FORM_FIELDS_MAX = 1000;

const BRACE = 0x7b;
const BRACKET = 0x5b;

/**
 * The fields of a write. JSON whatever the Content-Type says, because many clients send a form type or none; a form only
 * with the form type and a body that does not look like JSON. An empty body has no fields.
 */
export function parseBody(body: Buffer, contentType: string | undefined, limits?: JsonLimits): ParsedBody {
  if (body.length === 0) return { ok: true, fields: new Map() };
  if (mediaTypeOf(contentType) === FORM_TYPE && !looksLikeJson(body)) return parseFormBody(body);
  return parseJsonBody(body, limits);
}

/** PATCH takes a JSON merge patch and nothing else (RFC 7396). */
export function parsePatchBody(body: Buffer, contentType: string | undefined, limits?: JsonLimits): ParsedBody {
  const mediaType = mediaTypeOf(contentType);
  if (mediaType !== MERGE_PATCH_TYPE) {
    const provided = /^[a-z0-9!#$&^_.+/-]{1,64}$/.test(mediaType) ? mediaType : "";
    return {
      ok: false,
      status: 415,
      message: `PATCH requires Content-Type of ${MERGE_PATCH_TYPE}, provided ${provided}`,
    };
  }
  return body.length === 0 ? { ok: true, fields: new Map() } : parseJsonBody(body, limits);
}

function parseJsonBody(body: Buffer, limits: JsonLimits | undefined): ParsedBody {
  try {
    const value = parseJson(body, limits);
    if (value === null) return { ok: true, fields: new Map() };
    if (value instanceof Map) return { ok: true, fields: value };
    return badJson("an object is expected");
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    if (error.code !== "too_large") return badJson(error.message);
    return { ok: false, status: 413, message: "request body too large" };
  }
}

function badJson(reason: string): ParsedBody {
  return { ok: false, status: 400, message: `failed to parse JSON input: ${reason}` };
}

function parseFormBody(body: Buffer): ParsedBody {
  const fields = parseForm(body.toString("latin1"), FORM_FIELDS_MAX);
  if (typeof fields === "string") return { ok: false, status: 400, message: "error parsing form data" };
  return { ok: true, fields: fieldsToObject(fields) };
}

function looksLikeJson(body: Buffer): boolean {
  return body[0] === BRACE || body[0] === BRACKET;
}

function mediaTypeOf(contentType: string | undefined): string {
  const [mediaType = ""] = (contentType ?? "").split(";", 1);
  return mediaType.trim().toLowerCase();
}
