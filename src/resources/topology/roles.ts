import type { Filter } from "../replication/filter";

export type RoleName = "primary" | "secondary" | "disabled";

/** What one cluster is. */
export interface Role {
  readonly performance: RoleName;
  readonly dr: RoleName;
  /** The cluster that it copies from; "" if none. */
  readonly follows: string;
}

export type Roles = ReadonlyMap<string, Role>;

export const NO_ROLE: Role = { performance: "disabled", dr: "disabled", follows: "" };

/** What the configuration asks for. */
export interface TopologyWish {
  readonly primary: string;
  /** Clusters that serve clients, with their filters. */
  readonly clusters: ReadonlyMap<string, Filter | null>;
  /** DR pairs, written with the member that is a key of `clusters` first. */
  readonly pairs: ReadonlyMap<string, string>;
  readonly allowDataLoss: ReadonlySet<string>;
}

/** What was read. */
export interface TopologyFacts {
  readonly roles: Roles;
  readonly filters: ReadonlyMap<string, Filter | null>;
  readonly unreachable: ReadonlySet<string>;
}

/** What is wrong with the configuration by itself. */
export function wishProblems({ primary, clusters, pairs }: TopologyWish): readonly string[] {
  const standbys = [...pairs.values()];
  const problems = [...pairs].flatMap(([cluster, standby]) => [
    ...(clusters.has(cluster) ? [] : [`disaster_recovery names "${cluster}", which is not in clusters.`]),
    ...(clusters.has(standby)
      ? [`"${standby}" is in clusters and also the DR secondary of "${cluster}": it can be one of them.`]
      : []),
  ]);
  const twice = standbys.filter((standby, index) => standbys.indexOf(standby) !== index);
  const shared = [...new Set(twice)].map((standby) => `"${standby}" is the DR secondary of more than one cluster.`);
  const isMember = clusters.has(primary) || standbys.includes(primary);
  const stranger = `primary is "${primary}", which is neither in clusters nor in disaster_recovery.`;
  return [...problems, ...shared, ...(isMember ? [] : [stranger])];
}

/** The other member of a cluster's DR pair. */
export function partnerOf(pairs: ReadonlyMap<string, string>, cluster: string): string | undefined {
  return pairs.get(cluster) ?? [...pairs].find(([, standby]) => standby === cluster)?.[0];
}

/** Which of a pair serves: the primary if it is one of them, else whichever does now, else the first. */
function servingMember(wish: TopologyWish, facts: Roles, cluster: string): string {
  const standby = wish.pairs.get(cluster);
  if (standby === undefined || wish.primary === cluster) return cluster;
  if (wish.primary === standby) return standby;
  return facts.get(cluster)?.dr === "secondary" && facts.get(standby)?.dr === "primary" ? standby : cluster;
}

/** The role that every member shall have. Depends on its arguments only. */
export function desiredRoles(wish: TopologyWish, facts: Roles): Roles {
  const roles = new Map<string, Role>();
  for (const cluster of wish.clusters.keys()) {
    const serving = servingMember(wish, facts, cluster);
    const partner = partnerOf(wish.pairs, serving);
    const isPrimary = serving === wish.primary;
    roles.set(serving, {
      performance: isPrimary ? "primary" : "secondary",
      dr: partner === undefined ? "disabled" : "primary",
      follows: isPrimary ? "" : wish.primary,
    });
    if (partner !== undefined) roles.set(partner, { performance: "disabled", dr: "secondary", follows: serving });
  }
  return roles;
}

/** The filter of a serving member: that of its entry, also while its DR secondary stands in for it. */
export function filterOf(wish: TopologyWish, cluster: string): Filter | null {
  const direct = wish.clusters.get(cluster);
  if (direct !== undefined) return direct;
  const key = partnerOf(wish.pairs, cluster);
  return key === undefined ? null : (wish.clusters.get(key) ?? null);
}

/** The cluster that accepts the set's writes; undefined in the middle of a move. */
export function presentPrimary(roles: Roles): string | undefined {
  return [...roles].find(([, role]) => role.performance === "primary" && role.dr !== "secondary")?.[0];
}
