import type { AnyPath } from "../../sdk/path";

const CEREMONY = "replication/dr/secondary/generate-operation-token/";

/**
 * The paths with the ceremony of DR operation tokens open to everybody who reaches the API (`enable_unauthenticated_access`):
 * for the hour in which the primary is gone and nobody holds a token that a DR secondary takes. The shares still decide;
 * who has none can begin and cancel attempts, which is why this is not the rule.
 */
export function withOpenCeremony<Context>(paths: readonly AnyPath<Context>[]): readonly AnyPath<Context>[] {
  return paths.map((path) => (path.template.startsWith(CEREMONY) ? opened(path) : path));
}

function opened<Context>(path: AnyPath<Context>): AnyPath<Context> {
  const operations = Object.entries(path.operations).map(([name, operation]) => {
    return [name, { ...operation, unauthenticated: true }] as const;
  });
  return Object.freeze({ ...path, operations: Object.fromEntries(operations) });
}
