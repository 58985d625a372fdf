import { isKnown, type Unknown } from "../protocol/unknown";

/** The server's text for an optional attribute: empty there and absent here are the same. */
export function optionalText(server: string | undefined, prior: string | null): string | null {
  if (server === undefined || server === "") return prior === "" ? "" : null;
  return server;
}

/** The server's set, in the order of the prior value if it has the same elements; empty there and absent here are the same. */
export function optionalSet(server: readonly string[], prior: readonly string[] | null): readonly string[] | null {
  if (server.length === 0 && prior === null) return null;
  const sameElements = prior !== null && prior.length === server.length && prior.every((item) => server.includes(item));
  return sameElements ? prior : server;
}

/** Only the entries that have a value, for a request's body. */
export function given(
  values: Readonly<Record<string, string | number | boolean | readonly string[] | Unknown | null | undefined>>,
): Readonly<Record<string, string | number | boolean | readonly string[]>> {
  const entries = Object.entries(values).flatMap(([name, value]) => (isKnown(value) ? [[name, value] as const] : []));
  return Object.fromEntries(entries);
}

/** A map's entries as a JSON object, whatever the keys are called. */
export function objectOf<T>(entries: ReadonlyMap<string, T>): Readonly<Record<string, T>> {
  return Object.fromEntries(entries);
}
