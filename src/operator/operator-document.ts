/**
 * What the operator file holds: everything that is needed to get into the clusters again, and nothing that belongs into
 * Terraform's state. Names are those of `meridian_cluster` and `meridian_topology`.
 */
export interface OperatorDocument {
  readonly clusters: ReadonlyMap<string, ClusterEntry>;
  readonly topologies: ReadonlyMap<string, TopologyEntry>;
  /** Keys of clusters that were destroyed or made anew. Never dropped by the provider: their data may still exist. */
  readonly archive: readonly ArchivedEntry[];
}

export interface ClusterEntry {
  readonly apiAddress?: string;
  readonly clusterAddress?: string;
  readonly caCertPem?: string;
  /** Written before the server is initialised, removed once its answer is stored and confirmed. */
  readonly recipient?: RecipientKeys;
  /** Only between initialisation and the administrator's first login. */
  readonly rootToken?: string;
  readonly keys?: KeyShares;
  readonly administrator?: Administrator;
  /**
   * Set before this cluster is made a secondary of another: from some moment on only that cluster's keys and administrator
   * open it. Until the change is confirmed both are tried.
   */
  readonly keysOf?: string;
  /** Of a DR secondary: made by its primary in advance, for the day when that cannot be asked. */
  readonly drOperationToken?: ExpiringToken;
}

/** X25519, 32 bytes each, base64. */
export interface RecipientKeys {
  readonly privateKey: string;
  readonly publicKey: string;
}

export interface KeyShares {
  /** `recovery` shares belong to a cluster that unseals itself. */
  readonly kind: "unseal" | "recovery";
  /** Base64. */
  readonly shares: readonly string[];
  readonly threshold: number;
}

/** AppRole credentials. */
export interface Administrator {
  readonly mount: string;
  readonly roleId: string;
  readonly secretId: string;
}

export interface TopologyEntry {
  readonly members: readonly string[];
  readonly primary: string;
  /** Lets a DR secondary be promoted while its primary is gone. */
  readonly drOperationToken?: ExpiringToken;
}

export interface ExpiringToken {
  readonly token: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

export interface ArchivedEntry {
  readonly cluster: string;
  /** RFC 3339. */
  readonly archivedAt: string;
  readonly reason: string;
  readonly entry: ClusterEntry;
}

export const EMPTY_DOCUMENT: OperatorDocument = { clusters: new Map(), topologies: new Map(), archive: [] };

/** The document with one cluster's entry changed; `change` returning undefined removes it. */
export function withCluster(
  document: OperatorDocument,
  name: string,
  change: (entry: ClusterEntry) => ClusterEntry | undefined,
): OperatorDocument {
  const clusters = new Map(document.clusters);
  const changed = change(clusters.get(name) ?? {});
  if (changed === undefined) clusters.delete(name);
  else clusters.set(name, changed);
  return { ...document, clusters };
}

export function withTopology(
  document: OperatorDocument,
  name: string,
  change: (entry: TopologyEntry | undefined) => TopologyEntry | undefined,
): OperatorDocument {
  const topologies = new Map(document.topologies);
  const changed = change(topologies.get(name));
  if (changed === undefined) topologies.delete(name);
  else topologies.set(name, changed);
  return { ...document, topologies };
}

/** Moves a cluster's keys to the archive. */
export function archived(document: OperatorDocument, cluster: string, reason: string, now: Date): OperatorDocument {
  const entry = document.clusters.get(cluster);
  if (entry === undefined) return document;
  const record: ArchivedEntry = { cluster, archivedAt: now.toISOString(), reason, entry };
  const keep = entry.keys !== undefined || entry.administrator !== undefined || entry.rootToken !== undefined;
  const without = withCluster(document, cluster, () => undefined);
  return keep ? { ...without, archive: [...without.archive, record] } : without;
}

/** This cluster's entry, then that of the cluster whose keys it took or is about to take: try them in this order. */
export function credentialEntries(document: OperatorDocument, name: string): readonly ClusterEntry[] {
  const found: ClusterEntry[] = [];
  const seen = new Set<string>();
  for (let next: string | undefined = name; next !== undefined && !seen.has(next); ) {
    seen.add(next);
    const entry: ClusterEntry | undefined = document.clusters.get(next);
    if (entry !== undefined) found.push(entry);
    next = entry?.keysOf;
  }
  return found;
}
