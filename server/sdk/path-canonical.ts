import { isUtf8 } from "node:buffer";
import type { FormFields } from "./form";
import { parseForm } from "./form";
import { percentDecode } from "./percent";

/**
 * One spelling for each path, decided before anything else looks at it: the string that is authorised is the string that
 * is routed, stored and audited.
 *
 * - Percent-escapes are decoded exactly once, on bytes. What the result would decode to further is literal text.
 * - Refused: control and other unprintable characters (Go's `unicode.IsPrint`, which Vault applies), invalid UTF-8,
 *   `.` and `..` segments, empty segments, a backslash however written, a slash or a doubled dot written as escapes.
 * - No Unicode normalisation and no case folding: two different byte sequences are two different paths.
 * - A trailing slash is kept; whether it means a folder is decided by the operation.
 */
export type CanonicalTarget =
  | {
      readonly ok: true;
      /** Without the leading "/v1/"; "" for "/v1/" itself. */
      readonly path: string;
      /** Decoded as a form: "+" is a blank. Order of names and of the values of one name is that of the target. */
      readonly query: FormFields;
    }
  | PathRefusal;

export interface PathRefusal {
  readonly ok: false;
  readonly code: PathRefusalCode;
  /** For the client; names the rule and never the path. */
  readonly message: string;
}

export type PathRefusalCode = keyof typeof refusalTexts;

const refusalTexts = {
  outside_v1: "the path does not begin with /v1/",
  too_long: "the path is too long",
  bad_escape: "the path holds an invalid percent-escape",
  bad_encoding: "the path is not valid UTF-8",
  unprintable: "the path holds an unprintable character",
  encoded_separator: "the path holds an escaped slash or a backslash",
  dot_segment: "the path holds a relative segment",
  empty_segment: "the path holds an empty segment",
  bad_query: "the query is malformed",
  too_many_parameters: "the query holds too many parameters",
} as const;

const PREFIX = "/v1/";
const TARGET_BYTES_MAX = 8 * 1024;
const PARAMETERS_MAX = 128;

const SPACE = 0x20;
const HASH = 0x23;
const DOT = 0x2e;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const PERCENT = 0x25;
const DELETE = 0x7f;

const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;
/** A doubled dot written with escapes has no honest use. */
const ESCAPED_DOTS = /%2e%2e/i;

const NO_PARAMETERS: FormFields = new Map();

/** @param rawTarget origin-form request target, one character for each byte (latin1) */
export function canonicalPath(rawTarget: string): CanonicalTarget {
  if (!rawTarget.startsWith(PREFIX)) return refuse("outside_v1");
  if (rawTarget.length > TARGET_BYTES_MAX) return refuse("too_long");
  const question = rawTarget.indexOf("?");
  const rawPath = question < 0 ? rawTarget.slice(PREFIX.length) : rawTarget.slice(PREFIX.length, question);
  const path = decodePath(rawPath);
  if (typeof path !== "string") return path;
  const shape = checkSegments(path);
  if (shape !== null) return shape;
  const query = question < 0 ? NO_PARAMETERS : parseForm(rawTarget.slice(question + 1), PARAMETERS_MAX);
  if (query === "malformed") return refuse("bad_query");
  if (query === "too_many") return refuse("too_many_parameters");
  return { ok: true, path, query };
}

/** The inverse for a path that was accepted: `canonicalPath("/v1/" + encodePath(path))` gives `path` again. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

function decodePath(raw: string): string | PathRefusal {
  if (isPlain(raw)) return raw;
  if (ESCAPED_DOTS.test(raw)) return refuse("dot_segment");
  const slashes = countOf(raw, SLASH);
  const bytes = percentDecode(raw);
  if (bytes === null) return refuse("bad_escape");
  let decodedSlashes = 0;
  for (const byte of bytes) {
    if (byte < SPACE || byte === DELETE) return refuse("unprintable");
    if (byte === BACKSLASH) return refuse("encoded_separator");
    if (byte === SLASH) decodedSlashes++;
  }
  if (decodedSlashes !== slashes) return refuse("encoded_separator");
  if (!isUtf8(bytes)) return refuse("bad_encoding");
  const path = bytes.toString("utf8");
  return UNPRINTABLE.test(path) ? refuse("unprintable") : path;
}

/** Printable ASCII without an escape or a backslash: the common case, which is its own decoding. */
function isPlain(raw: string): boolean {
  for (let index = 0; index < raw.length; index++) {
    const byte = raw.charCodeAt(index);
    if (byte < SPACE || byte >= DELETE || byte === PERCENT || byte === BACKSLASH || byte === HASH) return false;
  }
  return true;
}

function countOf(text: string, code: number): number {
  let count = 0;
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) === code) count++;
  }
  return count;
}

function checkSegments(path: string): PathRefusal | null {
  for (let start = 0; start < path.length; ) {
    const slash = path.indexOf("/", start);
    const end = slash < 0 ? path.length : slash;
    if (end === start) return refuse("empty_segment");
    if (path.charCodeAt(start) === DOT && isDots(path, start, end)) return refuse("dot_segment");
    start = end + 1;
  }
  return null;
}

function isDots(path: string, start: number, end: number): boolean {
  return end === start + 1 || (end === start + 2 && path.charCodeAt(start + 1) === DOT);
}

const refusals = new Map<PathRefusalCode, PathRefusal>();

function refuse(code: PathRefusalCode): PathRefusal {
  const known = refusals.get(code);
  if (known !== undefined) return known;
  const refusal: PathRefusal = Object.freeze({ ok: false, code, message: refusalTexts[code] });
  refusals.set(code, refusal);
  return refusal;
}
