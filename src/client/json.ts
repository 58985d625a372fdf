/** Reading of answers whose shape is not trusted: every step is checked, and only own properties count. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const name of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, name)) return undefined;
    current = Reflect.get(current, name);
  }
  return current;
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** Accepts the string-encoded numbers of some answers too. */
export function integerAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  const number = typeof found === "string" && /^-?\d+$/.test(found) ? Number(found) : found;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}

export function booleanAt(value: unknown, ...path: readonly string[]): boolean | undefined {
  const found = at(value, ...path);
  return typeof found === "boolean" ? found : undefined;
}

/** The strings of a list; empty if there is none. */
export function textsAt(value: unknown, ...path: readonly string[]): readonly string[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter((item) => typeof item === "string") : [];
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** Own entries of an object; empty if there is none. */
export function entriesAt(value: unknown, ...path: readonly string[]): ReadonlyMap<string, unknown> {
  const found = at(value, ...path);
  const isObject = typeof found === "object" && found !== null && !Array.isArray(found);
  return new Map(isObject ? Object.entries(found) : []);
}
