import type { AnyPath } from "../../sdk/path";

/** Where the ceremonies of `enable_unauthenticated_access` are, by their names there. */
const PREFIXES: Readonly<Record<string, string>> = {
  "generate-operation-token": "replication/dr/secondary/generate-operation-token/",
  "generate-root": "generate-root",
};

/**
 * The paths with the named ceremonies open to everybody who reaches the API (`enable_unauthenticated_access`): for the hour
 * in which nobody holds a token. The shares still decide; who has none can begin attempts and so keep others from it, which is
 * why this is not the rule.
 */
export function withOpenCeremonies<Context>(
  paths: readonly AnyPath<Context>[],
  names: readonly string[],
): readonly AnyPath<Context>[] {
  const prefixes = names.flatMap((name) => PREFIXES[name] ?? []);
  return paths.map((path) => (prefixes.some((prefix) => path.template.startsWith(prefix)) ? opened(path) : path));
}

function opened<Context>(path: AnyPath<Context>): AnyPath<Context> {
  const operations = Object.entries(path.operations).map(([name, operation]) => {
    return [name, { ...operation, unauthenticated: true }] as const;
  });
  return Object.freeze({ ...path, operations: Object.fromEntries(operations) });
}
