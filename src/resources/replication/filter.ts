import type { ClusterClient } from "../../client/cluster-client";
import { at, textAt, textsAt } from "../../client/json";

export interface Filter {
  readonly mode: string;
  readonly paths: readonly string[];
}

/** Mount paths with one slash at the end, as the server keeps them. */
export function canonicalPath(path: string): string {
  return `${path.replace(/\/+$/, "")}/`;
}

export function sameFilter(one: Filter | null, other: Filter | null): boolean {
  if (one === null || other === null) return one === other;
  const [left, right] = [one, other].map(({ paths }) => [...new Set(paths.map(canonicalPath))].sort().join("\n"));
  return one.mode === other.mode && left === right;
}

/** The filter of one secondary as the primary has it; null if there is none. */
export async function readFilter(primary: ClusterClient, id: string): Promise<Filter | null> {
  const answer = await primary.get(`sys/replication/performance/primary/paths-filter/${id}`);
  const data = at(answer?.body, "data") ?? answer?.body;
  const mode = textAt(data, "mode");
  return mode === undefined ? null : { mode, paths: textsAt(data, "paths") };
}

/** Makes the filter what is wanted: undefined leaves it, null removes it. */
export async function settleFilter(
  primary: ClusterClient,
  id: string,
  wanted: Filter | null | undefined,
): Promise<void> {
  if (wanted === undefined) return;
  const path = `sys/replication/performance/primary/paths-filter/${id}`;
  if (sameFilter(await readFilter(primary, id), wanted)) return;
  if (wanted === null) await primary.delete(path);
  else await primary.post(path, { mode: wanted.mode, paths: wanted.paths.map(canonicalPath) });
}

/** The filter for the state: the prior spelling if it means the same. */
export function filterState(found: Filter | null, prior: Filter | null): Filter | null {
  return sameFilter(found, prior) ? prior : found;
}
