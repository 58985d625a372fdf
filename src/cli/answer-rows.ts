import type { JsonValue } from "../protocol/lossless-json";
import { fields, member } from "./json-members";
import { cell, duration, type Row } from "./output";

/** Fields that hold seconds, by their name. */
const SECONDS = /^(period|ttl|duration)$|_(ttl|period|duration|ttl_max)$/;

/** An answer the way people expect it: a login or a wrapped answer by its own fields, else its lease and data. */
export function answerRows(answer: JsonValue | undefined): readonly Row[] {
  if (member(answer, "auth") instanceof Map) return authRows(fields(answer, "auth"));
  if (member(answer, "wrap_info") instanceof Map) return wrapRows(fields(answer, "wrap_info"));
  return [...leaseRows(answer), ...dataRows(dataOf(answer))];
}

/** The answer's `data`, or the whole of an answer that has no envelope, such as that of sys/health. */
export function dataOf(answer: JsonValue | undefined): ReadonlyMap<string, JsonValue> {
  if (member(answer, "request_id") === undefined) return fields(answer);
  return fields(answer, "data");
}

/** One field of an answer by the name that the table shows, else by the name that the server gave it. */
export function answerField(answer: JsonValue | undefined, name: string): JsonValue | undefined {
  const data = fields(answer, "data");
  const named = FIELDS.get(name);
  const found = named === undefined ? undefined : member(answer, ...named);
  const places = [data, dataOf(answer), fields(answer, "auth"), fields(answer, "wrap_info")];
  if (found !== undefined && found !== null) return found;
  const place = places.find((one) => one.has(name));
  return place?.get(name) ?? (name === "data" && data.size > 0 ? data : undefined);
}

const FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["token", ["auth", "client_token"]],
  ["token_accessor", ["auth", "accessor"]],
  ["token_duration", ["auth", "lease_duration"]],
  ["token_renewable", ["auth", "renewable"]],
  ["token_policies", ["auth", "token_policies"]],
  ["identity_policies", ["auth", "identity_policies"]],
  ["policies", ["auth", "policies"]],
  ["wrapping_token", ["wrap_info", "token"]],
  ["wrapping_accessor", ["wrap_info", "accessor"]],
  ["wrapping_token_ttl", ["wrap_info", "ttl"]],
  ["wrapping_token_creation_time", ["wrap_info", "creation_time"]],
  ["wrapping_token_creation_path", ["wrap_info", "creation_path"]],
]);

/** Sorted by name; plain numbers of seconds as durations. */
export function dataRows(data: ReadonlyMap<string, JsonValue>): readonly Row[] {
  return sorted(data).map(([key, value]): Row => [key, SECONDS.test(key) ? seconds(value) : cell(value)]);
}

/** Sorted by name, every value as it is. */
export function plainRows(data: ReadonlyMap<string, JsonValue>): readonly Row[] {
  return sorted(data).map(([key, value]): Row => [key, cell(value)]);
}

function sorted(data: ReadonlyMap<string, JsonValue>): readonly (readonly [string, JsonValue])[] {
  return [...data].sort(([a], [b]) => (a < b ? -1 : 1));
}

function seconds(value: JsonValue | undefined): string {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? duration(value) : cell(value);
}

function authRows(auth: ReadonlyMap<string, JsonValue>): readonly Row[] {
  const lease = auth.get("lease_duration");
  const rows: readonly Row[] = [
    ["token", cell(auth.get("client_token"))],
    ["token_accessor", cell(auth.get("accessor"))],
    ["token_duration", lease === 0 ? "∞" : seconds(lease)],
    ["token_renewable", cell(auth.get("renewable"))],
    ["token_policies", cell(auth.get("token_policies") ?? [])],
    ["identity_policies", cell(auth.get("identity_policies") ?? [])],
    ["policies", cell(auth.get("policies") ?? [])],
  ];
  return [...rows, ...plainRows(fields(auth, "metadata")).map(([key, value = ""]) => [`token_meta_${key}`, value])];
}

function wrapRows(wrap: ReadonlyMap<string, JsonValue>): readonly Row[] {
  const accessor = wrap.get("wrapped_accessor");
  return [
    ["wrapping_token:", cell(wrap.get("token"))],
    ["wrapping_accessor:", cell(wrap.get("accessor"))],
    ["wrapping_token_ttl:", seconds(wrap.get("ttl"))],
    ["wrapping_token_creation_time:", cell(wrap.get("creation_time"))],
    ["wrapping_token_creation_path:", cell(wrap.get("creation_path"))],
    ...(typeof accessor === "string" && accessor !== "" ? [["wrapped_accessor:", accessor]] : []),
  ];
}

function leaseRows(answer: JsonValue | undefined): readonly Row[] {
  const lease = member(answer, "lease_id");
  if (typeof lease !== "string" || lease === "") return [];
  return [
    ["lease_id", lease],
    ["lease_duration", seconds(member(answer, "lease_duration"))],
    ["lease_renewable", cell(member(answer, "renewable"))],
  ];
}
