import type { ClusterClient } from "../../client/cluster-client";
import { isUnavailable } from "../../client/errors";
import type { Caller, MeridianSession } from "../../client/session";
import { type Filter, readFilter } from "../replication/filter";
import { type Mode, type ModeStatus, type ReplicationStatus, replicationStatus } from "../replication/status";
import { NO_ROLE, presentPrimary, type Role, type RoleName, type Roles, type TopologyFacts } from "./roles";

type Statuses = ReadonlyMap<string, ReplicationStatus>;

interface Member {
  readonly name: string;
  readonly client: ClusterClient;
  readonly status: ReplicationStatus | undefined;
  /** `https://host:port` for other clusters, where somebody said it. */
  readonly clusterAddress: string | undefined;
}

/**
 * What every member is now. A member that does not answer keeps its prior role. Filters are read from the primary; while
 * there is none they keep their prior values.
 */
export async function observeTopology(
  session: MeridianSession,
  names: readonly string[],
  prior: TopologyFacts,
  caller: Caller,
): Promise<TopologyFacts> {
  const members = await Promise.all(names.map((name) => observeMember(session, name, caller)));
  const statuses: Statuses = new Map(members.flatMap(({ name, status }) => (status ? [[name, status] as const] : [])));
  const roles: Roles = new Map(
    members.map((member) => [member.name, roleOf(member, members, prior.roles.get(member.name) ?? NO_ROLE)]),
  );
  const unreachable = new Set(names.filter((name) => !statuses.has(name)));
  return { roles, unreachable, filters: await observeFilters(members, roles, prior.filters) };
}

async function observeMember(session: MeridianSession, name: string, caller: Caller): Promise<Member> {
  const client = await session.cluster(name, caller);
  const clusterAddress = await session.clusterAddress(name);
  try {
    return { name, client, status: await replicationStatus(client), clusterAddress };
  } catch (error) {
    caller.signal.throwIfAborted();
    if (!(error instanceof Error) || !isUnavailable(error)) throw error;
    return { name, client, status: undefined, clusterAddress };
  }
}

function roleName(mode: string): RoleName {
  if (mode === "primary") return "primary";
  return mode === "disabled" ? "disabled" : "secondary";
}

function roleOf(member: Member, members: readonly Member[], prior: Role): Role {
  const { status } = member;
  if (status === undefined) return prior;
  const [performance, dr] = [roleName(status.performance.mode), roleName(status.dr.mode)];
  if (dr === "secondary") return { performance, dr, follows: followed(member, members, "dr", prior) };
  if (performance === "secondary") return { performance, dr, follows: followed(member, members, "performance", prior) };
  return { performance, dr, follows: "" };
}

/** The member that this one copies from, as far as both sides agree; "" if it was cut off or follows nobody. */
function followed(member: Member, members: readonly Member[], mode: Mode, prior: Role): string {
  const below = member.status?.[mode];
  if (below === undefined || below.primaryClusterAddress === "") return "";
  const others = members.filter(({ name }) => name !== member.name);
  const lettingIn = others.filter(({ status }) => status !== undefined && letsIn(status[mode], below));
  const connected = lettingIn.find(({ status }) => status?.[mode].connectedSecondaries.includes(below.secondaryId));
  if (connected !== undefined) return connected.name;
  const addressed = others.find(({ clusterAddress }) => sameAddress(clusterAddress, below.primaryClusterAddress));
  if (addressed === undefined) return lettingIn[0]?.name ?? "";
  if (addressed.status === undefined) return prior.follows === addressed.name ? addressed.name : "";
  return lettingIn.includes(addressed) ? addressed.name : "";
}

function letsIn(above: ModeStatus, below: ModeStatus): boolean {
  return above.mode === "primary" && above.setId === below.setId && above.knownSecondaries.includes(below.secondaryId);
}

function sameAddress(one: string | undefined, other: string): boolean {
  const bare = (address: string) => address.replace(/^https?:\/\//, "").replace(/\/+$/, "");
  return one !== undefined && bare(one) === bare(other);
}

async function observeFilters(
  members: readonly Member[],
  roles: Roles,
  prior: TopologyFacts["filters"],
): Promise<ReadonlyMap<string, Filter | null>> {
  const primary = members.find(({ name }) => name === presentPrimary(roles));
  if (primary?.status === undefined) return prior;
  const secondaries = members.filter(({ name }) => roles.get(name)?.performance === "secondary");
  const entries = secondaries.map(async ({ name, status }): Promise<[string, Filter | null]> => {
    const id = status?.performance.secondaryId || name;
    return [name, await readFilter(primary.client, id)];
  });
  return new Map([...prior, ...(await Promise.all(entries))]);
}
