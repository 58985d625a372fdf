import type { Lineage, ReplicationMode } from "../../sdk/log";
import type { Peer, ServerCredentials } from "../../sdk/transport";
import { filterAllows, type MountScope } from "../filter/mount-scope";
import type { Hello } from "../stream/control-codec";
import type { Moment } from "../stream/moment";
import type { HubRoles, Member } from "../stream/primary-hub";
import type { ReplicationDependencies } from "./dependencies";
import type { Fence } from "./fence";
import type { FormerPrimaries } from "./former-primary";
import type { LineageConfirmation } from "./lineage-confirmation";
import type { LineageConflicts } from "./lineage-conflicts";
import type { RoleChanges } from "./role-changes";
import { isFenced } from "./role-rules";
import type { RoleState } from "./role-state";

/** Who learns from what members say. They need the hub, which needs the members: given once all stand. */
export interface Listeners {
  readonly changes: RoleChanges;
  readonly fence: Fence;
  readonly formerPrimaries: FormerPrimaries;
}

/** What the hub asks about the members of this cluster's sets, and what it hears of them. */
export class SetMembers implements HubRoles {
  private listeners: Listeners | undefined;

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly confirmation: LineageConfirmation,
    private readonly conflicts: LineageConflicts,
  ) {}

  tell(listeners: Listeners): void {
    this.listeners = listeners;
  }

  credentialsOf(setId: string): ServerCredentials | undefined {
    return this.state.credentialsOf(setId);
  }

  memberOf(peer: Peer): Member | undefined {
    return this.state.memberOf(peer);
  }

  scopeOf(mode: ReplicationMode, id: string): MountScope {
    return this.state.scopeOf(mode, id);
  }

  wasFiltered(mode: ReplicationMode, id: string): boolean {
    return this.state.wasFiltered(mode, id);
  }

  lineage(mode: ReplicationMode): Lineage {
    return this.state.lineage(mode);
  }

  isFenced(mode: ReplicationMode): boolean {
    return isFenced(this.state.holds, mode);
  }

  allowsMount({ mode, id }: Member, mountPath: string): boolean {
    const filter = mode === "dr" ? undefined : this.state.of(mode).filters.get(id)?.filter;
    return filter === undefined || filterAllows(filter, mountPath);
  }

  /** Where secondaries find this set's primary, now and after a failover: here, and at our DR secondaries. */
  clusterAddresses(): readonly string[] {
    const members = [...this.state.of("dr").members.values()];
    const standing = members.filter((member) => !member.revoked && member.clusterAddress !== "");
    return [this.deps.settings.clusterAddress, ...standing.map((member) => member.clusterAddress)];
  }

  async newerLineageSeen(mode: ReplicationMode, newer: Lineage): Promise<void> {
    await this.heard().fence.learn(mode, newer);
  }

  async memberFollows(member: Member, hello: Hello, saidAfter: Moment): Promise<void> {
    const { changes, formerPrimaries } = this.heard();
    this.confirmation.confirm(member.mode, saidAfter);
    await changes.recordFollowing(member);
    changes.rememberAddress(member, hello.clusterAddress);
    void formerPrimaries.met(member.mode, hello.clusterId).catch(() => undefined);
    void this.conflicts.resolved(member.mode, hello.clusterId).catch(() => undefined);
  }

  /** Who fetches its first snapshot has not followed us yet, and would not know. */
  memberAgrees(member: Member, saidAfter: Moment): void {
    if (this.state.hasFollowed(member)) this.confirmation.confirm(member.mode, saidAfter);
  }

  async memberRefused({ mode, id: secondaryId }: Member, { lineage, clusterAddress }: Hello): Promise<void> {
    await this.conflicts.met(mode, lineage, secondaryId, clusterAddress);
  }

  private heard(): Listeners {
    if (this.listeners === undefined) throw new Error("replication is being opened");
    return this.listeners;
  }
}
