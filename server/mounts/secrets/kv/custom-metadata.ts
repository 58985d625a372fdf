import { ServerError } from "../../../sdk/errors";
import { ExactNumber, type JsonObject, type JsonValue } from "../../../sdk/json";

const KEYS_MAX = 64;
const KEY_BYTES_MAX = 128;
const VALUE_BYTES_MAX = 512;
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;
const PREFIX = "custom_metadata validation failed";

/** @throws invalid_request naming the key and never the value */
export function customMetadataOf(given: JsonObject): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const [key, value] of given) pairs.set(key, textOf(key, value));
  checkCustomMetadata(pairs);
  return pairs;
}

/** Merge patch of flat text: null removes. @throws invalid_request */
export function patchCustomMetadata(
  current: ReadonlyMap<string, string> | undefined,
  patch: JsonObject,
): ReadonlyMap<string, string> {
  const pairs = new Map(current);
  for (const [key, value] of patch) {
    if (value === null) pairs.delete(key);
    else pairs.set(key, textOf(key, value));
  }
  checkCustomMetadata(pairs);
  return pairs;
}

/** Scalars become text as the API has always done: true is "1". */
function textOf(key: string, value: JsonValue): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return value ? "1" : "0";
  if (value === null) return "";
  if (value instanceof ExactNumber) return value.text;
  throw invalid(`the value of key ${quoted(key)} is not a string`);
}

function checkCustomMetadata(pairs: ReadonlyMap<string, string>): void {
  if (pairs.size > KEYS_MAX) throw invalid(`payload must contain at most ${KEYS_MAX} keys, provided ${pairs.size}`);
  for (const [key, value] of pairs) {
    checkLength(Buffer.byteLength(key), KEY_BYTES_MAX, `key ${quoted(key)}`, "key");
    checkLength(Buffer.byteLength(value), VALUE_BYTES_MAX, `value for key ${quoted(key)}`, "value");
    if (UNPRINTABLE.test(key)) throw invalid(`key ${quoted(key)} contains unprintable characters`);
    if (UNPRINTABLE.test(value)) throw invalid(`value for key ${quoted(key)} contains unprintable characters`);
  }
}

function checkLength(bytes: number, bytesMax: number, what: string, name: string): void {
  if (bytes > 0 && bytes <= bytesMax) return;
  throw invalid(`length of ${what} is ${bytes} but must be 0 < len(${name}) <= ${bytesMax}`);
}

function quoted(key: string): string {
  return JSON.stringify(key.slice(0, KEY_BYTES_MAX));
}

function invalid(reason: string): ServerError {
  return new ServerError("invalid_request", `${PREFIX}: ${reason}`);
}
