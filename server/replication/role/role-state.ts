import { stringifyJson } from "../../sdk/json";
import { currentEpoch, sameEpoch } from "../../sdk/lineage";
import type { KeyClass, Lineage, ReplicationMode, WriteRefusal } from "../../sdk/log";
import type { ReplicationRole } from "../../sdk/replication";
import { slowStepTold } from "../../sdk/slow-step";
import type { Peer, ServerCredentials } from "../../sdk/transport";
import { MountScope } from "../filter/mount-scope";
import type { Member } from "../stream/primary-hub";
import type { ReplicationDependencies } from "./dependencies";
import type { FilterRecord, MemberRecord } from "./records";
import { MODES, type ModeRecords, ReplicationStore } from "./replication-store";
import { effectiveRole, type Holds, type Roles, writeRefusal } from "./role-rules";

const NOTHING: ModeRecords = { role: { role: "disabled" }, set: undefined, members: new Map(), filters: new Map() };

/** What this cluster is in replication, in memory: the stored records, the credentials they give, and what holds writes back. */
export class RoleState {
  readonly store: ReplicationStore;
  private records: Readonly<Record<ReplicationMode, ModeRecords>> = { performance: NOTHING, dr: NOTHING };
  private readonly credentials = new Map<string, ServerCredentials>();
  private followers: Readonly<Record<ReplicationMode, readonly string[]>> = { performance: [], dr: [] };
  private readonly scopes = new Map<string, MountScope>();
  building: ReplicationMode | undefined;
  holds: Holds = { fenced: new Set(), draining: undefined, undecided: false };

  /** Refuses what waits for a secondary's word. */
  unconfirmed: (classes: ReadonlySet<KeyClass>) => WriteRefusal | undefined = () => undefined;

  /** Refuses what no DR secondary would confirm. */
  withoutDr: (classes: ReadonlySet<KeyClass>) => WriteRefusal | undefined = () => undefined;

  constructor(private readonly deps: ReplicationDependencies) {
    this.store = new ReplicationStore(deps.core.barrier);
  }

  /** Reads the records again and gets the credentials ready that they call for. */
  async load(): Promise<void> {
    const [performance, dr] = [await this.store.load("performance"), await this.store.load("dr")];
    this.records = { performance: withKnownFilters(performance, this.records.performance), dr };
    this.followers = { performance: this.findFollowers("performance"), dr: this.findFollowers("dr") };
    for (const mode of MODES) await this.prepareCredentials(mode);
  }

  of(mode: ReplicationMode): ModeRecords {
    return this.records[mode];
  }

  roles(): Roles {
    return { performance: this.records.performance.role, dr: this.records.dr.role, building: this.building };
  }

  effective(mode: ReplicationMode): ReplicationRole {
    return effectiveRole(this.roles(), mode);
  }

  lineage(mode: ReplicationMode): Lineage {
    return this.deps.core.barrier.lineage(mode);
  }

  /** Puts the write gate as the roles and holds are now. Resolves once nothing let through by the former is under way. */
  async applyGate(): Promise<void> {
    await this.deps.core.log.setWriteGate((classes, moment) => {
      // What a role change lets through is waited for by the change: it counts as written before.
      const refused = moment === "open" ? writeRefusal(this.roles(), this.holds, classes) : undefined;
      const withoutDr = moment === "open" ? this.withoutDr(classes) : undefined;
      return refused ?? this.unconfirmed(classes) ?? withoutDr;
    });
  }

  /** Secondaries that have followed this cluster in the epoch it is in, where it is the primary. */
  followersOf(mode: ReplicationMode): readonly string[] {
    return this.effective(mode) === "primary" ? this.followers[mode] : [];
  }

  /** Whether who has the member's present credentials is one of them. */
  hasFollowed({ mode, id }: Member): boolean {
    return this.followersOf(mode).includes(id) && this.records[mode].members.get(id)?.followedByAnother === false;
  }

  credentialsOf(setId: string): ServerCredentials | undefined {
    const mode = this.modeOfSet(setId);
    return mode === undefined ? undefined : this.credentials.get(setId);
  }

  memberOf(peer: Peer): Member | undefined {
    const mode = this.modeOfSet(peer.setId);
    if (mode === undefined) return undefined;
    for (const member of this.records[mode].members.values()) {
      if (member.fingerprint === peer.fingerprint && !member.revoked) return { mode, id: member.id };
    }
    return undefined;
  }

  scopeOf(mode: ReplicationMode, id: string): MountScope {
    const filter = mode === "dr" ? undefined : this.records[mode].filters.get(id)?.filter;
    const known = this.scopes.get(`${mode}/${id}`);
    if (known !== undefined && known.filter === filter) return known;
    const scope = new MountScope(filter, this.deps.mountPathOf);
    this.scopes.set(`${mode}/${id}`, scope);
    return scope;
  }

  wasFiltered(mode: ReplicationMode, id: string): boolean {
    return mode === "performance" && this.records[mode].filters.has(id);
  }

  /** The mode whose set this is, where this cluster is its primary now. */
  private modeOfSet(setId: string): ReplicationMode | undefined {
    return MODES.find((mode) => {
      const { role } = this.records[mode];
      return this.effective(mode) === "primary" && role.role === "primary" && role.setId === setId;
    });
  }

  private findFollowers(mode: ReplicationMode): readonly string[] {
    const epoch = currentEpoch(this.lineage(mode));
    const followed = (member: MemberRecord): boolean =>
      !member.revoked && member.followed !== undefined && sameEpoch(member.followed, epoch);
    return [...this.records[mode].members.values()].filter(followed).map((member) => member.id);
  }

  private async prepareCredentials(mode: ReplicationMode): Promise<void> {
    const { set } = this.records[mode];
    if (this.effective(mode) !== "primary" || set === undefined || this.credentials.has(set.setId)) return;
    const authority = { certificate: set.authorityCertificate, privateKey: set.authorityKey };
    const request = { setId: set.setId, name: this.deps.core.identity.id, usage: "server" } as const;
    const issue = () => this.deps.certificates.issue(authority, request);
    const issued = await slowStepTold(this.deps, "issue the certificate of the cluster port", issue);
    this.credentials.set(set.setId, { authorityCertificate: set.authorityCertificate, ...issued });
  }
}

/** A filter that did not change stays the same object: streams and snapshots ask whether theirs is still in force. */
function withKnownFilters(loaded: ModeRecords, known: ModeRecords): ModeRecords {
  const filters = new Map<string, FilterRecord>();
  for (const [id, record] of loaded.filters) {
    const before = known.filters.get(id);
    filters.set(id, before !== undefined && sameFilter(before.filter, record.filter) ? before : record);
  }
  return { ...loaded, filters };
}

function sameFilter(left: FilterRecord["filter"], right: FilterRecord["filter"]): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.mode === right.mode && stringifyJson(left.paths) === stringifyJson(right.paths);
}
