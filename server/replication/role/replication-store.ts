import type { Barrier } from "../../sdk/barrier";
import type { Lineage, ReplicationMode } from "../../sdk/log";
import type { View, WriteOperation } from "../../sdk/view";
import { type BuildRecord, decodeBuildRecord, encodeBuildRecord } from "./build-note";
import {
  decodeConflicts,
  decodeFence,
  decodeFormerPrimary,
  encodeConflicts,
  encodeFence,
  encodeFormerPrimary,
  type FormerPrimary,
  type LineageConflict,
} from "./fence-records";
import {
  type ActivationNote,
  decodeActivationNote,
  decodeFilter,
  decodeMember,
  decodeRole,
  decodeSet,
  encodeFilter,
  encodeMember,
  encodeRole,
  encodeSet,
  type FilterRecord,
  type MemberRecord,
  type RoleRecord,
  type SetRecord,
} from "./records";
import type { Unsettled } from "./unsettled-content";

const PREFIX = "core/replication/";
/** Where a new generation finds why it was built; class `node`, full key. */
export const ACTIVATION_KEY = `${PREFIX}activation`;
const LIST_PAGE = 1_000;
/** Secondaries of one set, revoked ones too. */
export const MEMBERS_MAX = 10_000;
export const MODES = ["performance", "dr"] as const satisfies readonly ReplicationMode[];

const UNSETTLED = ["guess", "repair", "accepted"] as const satisfies readonly Unsettled[];

/** What one mode's records say. */
export interface ModeRecords {
  readonly role: RoleRecord;
  readonly set: SetRecord | undefined;
  readonly members: ReadonlyMap<string, MemberRecord>;
  readonly filters: ReadonlyMap<string, FilterRecord>;
}

/**
 * Replication's own records. The DR role is the node's own business (class `node`); the rest is `local`: a DR
 * secondary that is promoted takes over the authority, the members and the performance role of the cluster it replaces, and
 * what is in doubt of the shared data that it mirrors, or is being removed from it.
 * Paths filters are `replicated`: whichever secondary becomes the primary has them before anybody follows it.
 */
export class ReplicationStore {
  private readonly local: View;
  private readonly node: View;
  private readonly shared: View;
  private readonly givenUp: View;

  constructor(barrier: Barrier) {
    this.local = barrier.view(PREFIX, "local");
    this.node = barrier.view(PREFIX, "node");
    this.shared = barrier.view(PREFIX, "replicated");
    this.givenUp = barrier.view(`${PREFIX}performance/given-up/`, "local");
  }

  async load(mode: ReplicationMode): Promise<ModeRecords> {
    const role = await this.roleView(mode).get(`${mode}/role`);
    const set = await this.local.get(`${mode}/set`);
    return {
      role: role === undefined ? { role: "disabled" } : decodeRole(role.value),
      set: set === undefined ? undefined : decodeSet(set.value),
      members: await loadAll(this.local, `${mode}/members/`, decodeMember),
      filters: await loadAll(this.shared, `${mode}/filters/`, decodeFilter),
    };
  }

  putRole(mode: ReplicationMode, record: RoleRecord): WriteOperation {
    return this.roleView(mode).put(`${mode}/role`, encodeRole(record));
  }

  putSet(mode: ReplicationMode, record: SetRecord): WriteOperation {
    return this.local.put(`${mode}/set`, encodeSet(record));
  }

  putMember(mode: ReplicationMode, record: MemberRecord): WriteOperation {
    return this.local.put(`${mode}/members/${record.id}`, encodeMember(record));
  }

  putFilter(mode: ReplicationMode, id: string, record: FilterRecord): WriteOperation {
    return this.shared.put(`${mode}/filters/${id}`, encodeFilter(record));
  }

  /** Forgets a set: its authority, members and filters. */
  deleteSet(mode: ReplicationMode, records: ModeRecords): readonly WriteOperation[] {
    return [
      this.local.delete(`${mode}/set`),
      ...[...records.members.keys()].map((id) => this.local.delete(`${mode}/members/${id}`)),
      ...this.deleteFilters(mode, records),
    ];
  }

  deleteFilters(mode: ReplicationMode, records: ModeRecords): readonly WriteOperation[] {
    return [...records.filters.keys()].map((id) => this.shared.delete(`${mode}/filters/${id}`));
  }

  async readActivation(): Promise<ActivationNote | undefined> {
    const stored = await this.node.get("activation");
    return stored === undefined ? undefined : decodeActivationNote(stored.value);
  }

  deleteActivation(): WriteOperation {
    return this.node.delete("activation");
  }

  async readBuild(): Promise<BuildRecord | undefined> {
    const stored = await this.node.get("build");
    return stored === undefined ? undefined : decodeBuildRecord(stored.value);
  }

  putBuild(record: BuildRecord): WriteOperation {
    return this.node.put("build", encodeBuildRecord(record));
  }

  deleteBuild(): WriteOperation {
    return this.node.delete("build");
  }

  /** The later history that made this cluster stop acknowledging writes. */
  async readFence(mode: ReplicationMode): Promise<Lineage | undefined> {
    const stored = await this.node.get(`${mode}/fence`);
    return stored === undefined ? undefined : decodeFence(stored.value);
  }

  putFence(mode: ReplicationMode, newer: Lineage): WriteOperation {
    return this.node.put(`${mode}/fence`, encodeFence(newer));
  }

  deleteFence(mode: ReplicationMode): WriteOperation {
    return this.node.delete(`${mode}/fence`);
  }

  async readUnsettled(mode: ReplicationMode): Promise<Unsettled | undefined> {
    const stored = await this.roleView(mode).get(`${mode}/unsettled`);
    return UNSETTLED.find((unsettled) => unsettled === stored?.value.toString());
  }

  putUnsettled(mode: ReplicationMode, unsettled: Unsettled | undefined): WriteOperation {
    const view = this.roleView(mode);
    if (unsettled === undefined) return view.delete(`${mode}/unsettled`);
    return view.put(`${mode}/unsettled`, Buffer.from(unsettled));
  }

  /** Mounts that this cluster may no longer hold, and of which something may still be there: the first of them. */
  async readGivenUp(): Promise<readonly string[]> {
    return await this.givenUp.listAll("", { limit: LIST_PAGE });
  }

  putGivenUp(mountId: string): WriteOperation {
    return this.givenUp.put(mountId, Buffer.alloc(0));
  }

  deleteGivenUp(mountId: string): WriteOperation {
    return this.givenUp.delete(mountId);
  }

  /** Histories that branched off from this primary's. */
  async readConflicts(mode: ReplicationMode): Promise<readonly LineageConflict[]> {
    const stored = await this.node.get(`${mode}/conflicts`);
    return stored === undefined ? [] : decodeConflicts(stored.value);
  }

  putConflicts(mode: ReplicationMode, conflicts: readonly LineageConflict[]): WriteOperation {
    if (conflicts.length === 0) return this.node.delete(`${mode}/conflicts`);
    return this.node.put(`${mode}/conflicts`, encodeConflicts(conflicts));
  }

  /** The private key that a sealed activation token is made for. */
  async readActivationKey(mode: ReplicationMode): Promise<string | undefined> {
    return (await this.node.get(`${mode}/activation-key`))?.value.toString();
  }

  putActivationKey(mode: ReplicationMode, pem: string): WriteOperation {
    return this.node.put(`${mode}/activation-key`, Buffer.from(pem));
  }

  deleteActivationKey(mode: ReplicationMode): WriteOperation {
    return this.node.delete(`${mode}/activation-key`);
  }

  async readFormerPrimary(mode: ReplicationMode): Promise<FormerPrimary | undefined> {
    const stored = await this.node.get(`${mode}/former-primary`);
    return stored === undefined ? undefined : decodeFormerPrimary(stored.value);
  }

  putFormerPrimary(mode: ReplicationMode, former: FormerPrimary): WriteOperation {
    return this.node.put(`${mode}/former-primary`, encodeFormerPrimary(former));
  }

  deleteFormerPrimary(mode: ReplicationMode): WriteOperation {
    return this.node.delete(`${mode}/former-primary`);
  }

  async readSigningKey(): Promise<string | undefined> {
    return (await this.local.get("signing-key"))?.value.toString();
  }

  putSigningKey(pem: string): WriteOperation {
    return this.local.put("signing-key", Buffer.from(pem), { ifRevision: 0 });
  }

  private roleView(mode: ReplicationMode): View {
    return mode === "dr" ? this.node : this.local;
  }
}

async function loadAll<T>(view: View, prefix: string, decode: (value: Buffer) => T): Promise<ReadonlyMap<string, T>> {
  const records = new Map<string, T>();
  for (let after: string | undefined; ; ) {
    const names = await view.list(prefix, { limit: LIST_PAGE, ...(after === undefined ? {} : { after }) });
    for (const name of names) {
      const stored = await view.get(`${prefix}${name}`);
      if (stored !== undefined) records.set(name, decode(stored.value));
    }
    after = names.at(-1);
    if (names.length < LIST_PAGE || records.size > MEMBERS_MAX) return records;
  }
}
