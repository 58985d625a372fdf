import { type ClusterEntry, credentialEntries, type OperatorDocument, withCluster } from "./operator-document";

/** Before a cluster becomes a secondary: from now on the primary's keys and administrator are tried too. */
export function expectKeysOf(document: OperatorDocument, cluster: string, primary: string): OperatorDocument {
  const entry = document.clusters.get(cluster);
  if (entry === undefined || entry.keysOf === primary || !document.clusters.has(primary)) return document;
  return withCluster(document, cluster, (before) => ({ ...before, keysOf: primary }));
}

/** Once it has become one: it has the primary's keys and administrator, and its former ones go to the archive. */
export function adoptKeys(document: OperatorDocument, cluster: string, primary: string, now: Date): OperatorDocument {
  const entry = document.clusters.get(cluster);
  const source = credentialEntries(document, primary).find(({ keys }) => keys !== undefined);
  if (entry === undefined || source === undefined || cluster === primary) return document;
  if (entry.keysOf === undefined && sameAccess(entry, source)) return document;
  const { keysOf: _, keys: __, administrator: ___, rootToken: ____, ...rest } = entry;
  const taken = {
    ...rest,
    ...(source.keys && { keys: source.keys }),
    ...(source.administrator && { administrator: source.administrator }),
  };
  const former = { cluster, archivedAt: now.toISOString(), reason: `became a secondary of ${primary}`, entry };
  const archive = sameAccess(entry, source) ? document.archive : [...document.archive, former];
  return { ...withCluster(document, cluster, () => taken), archive };
}

function sameAccess(one: ClusterEntry, other: ClusterEntry): boolean {
  return (
    JSON.stringify([one.keys?.shares, one.administrator]) === JSON.stringify([other.keys?.shares, other.administrator])
  );
}
