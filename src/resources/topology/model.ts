import { isUnknown, type Unknown } from "../../protocol/unknown";
import { type Filter, filterState } from "../replication/filter";
import {
  NO_ROLE,
  presentPrimary,
  type Role,
  type RoleName,
  type Roles,
  type TopologyFacts,
  type TopologyWish,
} from "./roles";

interface FilterModel {
  readonly mode: string;
  readonly paths: readonly string[];
}

interface ClusterModel {
  readonly paths_filter: FilterModel | null;
}

interface RoleModel {
  readonly performance: string;
  readonly dr: string;
  readonly follows: string;
}

/** The attributes that say what is wanted, all of them known. */
export interface WishModel {
  readonly primary: string;
  readonly clusters: ReadonlyMap<string, ClusterModel>;
  readonly disaster_recovery: ReadonlyMap<string, string> | null;
  readonly allow_data_loss: readonly string[] | null;
}

export interface FactsModel {
  readonly clusters: ReadonlyMap<string, ClusterModel>;
  readonly roles: ReadonlyMap<string, RoleModel>;
  readonly unreachable: readonly string[];
}

type Loose<T> = { readonly [K in keyof T]: T[K] | Unknown | null };

/** The same attributes while planning; undefined if any part of them is decided later in the run. */
export function knownWish(plan: {
  readonly primary: string | Unknown | null;
  readonly clusters:
    | ReadonlyMap<string, { readonly paths_filter: Loose<FilterModelPlan> | Unknown | null } | Unknown>
    | Unknown
    | null;
  readonly disaster_recovery: ReadonlyMap<string, string | Unknown> | Unknown | null;
  readonly allow_data_loss: readonly (string | Unknown)[] | Unknown | null;
}): WishModel | undefined {
  const { primary, clusters, disaster_recovery: pairs, allow_data_loss: losses } = plan;
  if (typeof primary !== "string" || clusters === null || isUnknown(clusters)) return undefined;
  const entries = [...clusters].map(([name, cluster]) => [name, knownCluster(cluster)] as const);
  const known = entries.filter((entry): entry is readonly [string, ClusterModel] => entry[1] !== undefined);
  if (known.length !== entries.length || isUnknown(pairs) || isUnknown(losses)) return undefined;
  const knownPairs = [...(pairs ?? [])].filter((entry): entry is [string, string] => !isUnknown(entry[1]));
  const knownLosses = (losses ?? []).filter((item): item is string => !isUnknown(item));
  if (knownPairs.length !== (pairs?.size ?? 0) || knownLosses.length !== (losses?.length ?? 0)) return undefined;
  return {
    primary,
    clusters: new Map(known),
    disaster_recovery: pairs && new Map(knownPairs),
    allow_data_loss: knownLosses,
  };
}

interface FilterModelPlan {
  readonly mode: string;
  readonly paths: readonly (string | Unknown)[];
}

function knownCluster(
  cluster: { readonly paths_filter: Loose<FilterModelPlan> | Unknown | null } | Unknown,
): ClusterModel | undefined {
  if (isUnknown(cluster) || isUnknown(cluster.paths_filter)) return undefined;
  const filter = cluster.paths_filter;
  if (filter === null) return { paths_filter: null };
  const { mode, paths } = filter;
  if (typeof mode !== "string" || paths === null || isUnknown(paths)) return undefined;
  const known = paths.filter((path): path is string => !isUnknown(path));
  return known.length === paths.length ? { paths_filter: { mode, paths: known } } : undefined;
}

export function wishOf(model: WishModel): TopologyWish {
  return {
    primary: model.primary,
    clusters: new Map([...model.clusters].map(([name, cluster]) => [name, cluster.paths_filter])),
    pairs: model.disaster_recovery ?? new Map(),
    allowDataLoss: new Set(model.allow_data_loss ?? []),
  };
}

/** What the state says was read. A filter belongs to whichever member of a pair serves; the state keeps it at the key. */
export function factsOf(
  model: FactsModel & { readonly disaster_recovery: ReadonlyMap<string, string> | null },
): TopologyFacts {
  const roles: Roles = new Map([...model.roles].map(([name, role]) => [name, roleOf(role)]));
  const filters = new Map<string, Filter | null>();
  for (const [name, { paths_filter: filter }] of model.clusters) {
    filters.set(name, filter);
    const standby = model.disaster_recovery?.get(name);
    if (standby !== undefined) filters.set(standby, filter);
  }
  return { roles, filters, unreachable: new Set(model.unreachable) };
}

function roleOf({ performance, dr, follows }: RoleModel): Role {
  return { performance: roleName(performance), dr: roleName(dr), follows };
}

function roleName(text: string): RoleName {
  return text === "primary" || text === "secondary" ? text : "disabled";
}

/** Every cluster that the configuration or the state names. */
export function memberNames(wish: WishModel, roles: ReadonlyMap<string, unknown>): readonly string[] {
  const pairs = wish.disaster_recovery ?? new Map<string, string>();
  return [...new Set([...wish.clusters.keys(), ...pairs.values(), ...roles.keys()])].sort();
}

/** The computed attributes. Members that have no role and are not configured are left out. */
export function factsModel(facts: TopologyFacts, configured: ReadonlySet<string>) {
  const entries = [...facts.roles].filter(
    ([name, role]) => configured.has(name) || role.performance !== "disabled" || role.dr !== "disabled",
  );
  return {
    roles: new Map(entries.map(([name, role]) => [name, role ?? NO_ROLE])),
    unreachable: [...facts.unreachable].sort(),
  };
}

/** The configured attributes as the servers have them now, so that what was changed by hand is a difference. */
export function driftedWish(state: WishModel, facts: TopologyFacts): Pick<WishModel, "primary" | "clusters"> {
  const primary = presentPrimary(facts.roles) ?? state.primary;
  const clusters = new Map(
    [...state.clusters].map(([name, { paths_filter: prior }]): [string, ClusterModel] => {
      const standby = state.disaster_recovery?.get(name);
      const serving = standby !== undefined && facts.roles.get(standby)?.performance === "secondary" ? standby : name;
      const isSecondary = facts.roles.get(serving)?.performance === "secondary";
      const found = facts.filters.get(serving);
      return [name, { paths_filter: isSecondary && found !== undefined ? filterState(found, prior) : prior }];
    }),
  );
  return { primary, clusters };
}
