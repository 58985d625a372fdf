import type { JsonValue } from "../protocol/lossless-json";

/** Reading of answers whose shape is not trusted: what is not there is undefined. */
export function member(value: JsonValue | undefined, ...names: readonly string[]): JsonValue | undefined {
  return names.reduce<JsonValue | undefined>((at, name) => (at instanceof Map ? at.get(name) : undefined), value);
}

export function text(value: JsonValue | undefined, ...names: readonly string[]): string | undefined {
  const found = member(value, ...names);
  return typeof found === "string" ? found : undefined;
}

/** The strings of a list; empty if there is none. */
export function texts(value: JsonValue | undefined, ...names: readonly string[]): readonly string[] {
  const found = member(value, ...names);
  return Array.isArray(found) ? found.filter((item) => typeof item === "string") : [];
}

export function items(value: JsonValue | undefined, ...names: readonly string[]): readonly JsonValue[] {
  const found = member(value, ...names);
  return Array.isArray(found) ? found : [];
}

export function fields(value: JsonValue | undefined, ...names: readonly string[]): ReadonlyMap<string, JsonValue> {
  const found = member(value, ...names);
  return found instanceof Map ? found : new Map();
}
