import { stringifyJson } from "../../sdk/json";
import { JsonReader } from "../../sdk/json-reader";
import type { Epoch, Lineage, ReplicationMode } from "../../sdk/log";
import type { ResponseData } from "../../sdk/outcome";
import type { PathsFilter } from "../../sdk/replication-admin";
import type { ClientCredentials } from "../../sdk/transport";
import { lineageData, readEpoch, readLineage } from "../stream/control-codec";

/** How a secondary reaches its primary. As secret as the root key: it opens the primary's data. */
export interface PrimaryLink {
  readonly secondaryId: string;
  readonly credentials: ClientCredentials;
  /** From the activation token. */
  readonly primaryClusterAddress: string;
  /** Learned from heartbeats: where the primary, or who takes its place, can be found. */
  readonly knownAddresses: readonly string[];
  /** The operator chose this primary and no stream to it stood yet: a history that branched off is given up. */
  readonly rejoins: boolean;
  /** Of a promoted cluster that was met, and whose content is not here yet. Whoever is in an epoch before was replaced. */
  readonly laterLineage?: Lineage;
}

/** This cluster's part in one mode, as stored. */
export type RoleRecord =
  | { readonly role: "disabled" }
  | { readonly role: "primary"; readonly setId: string; readonly primaryClusterAddress: string }
  /** Without a link it follows nobody until it is given a primary. */
  | { readonly role: "secondary"; readonly setId: string; readonly link: PrimaryLink | undefined };

/** The authority of a replication set. Kept on the primary, and on its DR secondaries, nowhere else. */
export interface SetRecord {
  readonly setId: string;
  readonly authorityCertificate: string;
  readonly authorityKey: string;
}

export interface MemberRecord {
  readonly id: string;
  /** SHA-256 of the client certificate, hex. */
  readonly fingerprint: string;
  readonly issuedAtMilliseconds: number;
  readonly revoked: boolean;
  /** Its own cluster address when it was here last; "" before the first time. */
  readonly clusterAddress: string;
  /** The last epoch in which it has followed this cluster: who has not cannot have been promoted over it. */
  readonly followed: Epoch | undefined;
  /** It followed with credentials that were replaced since: who comes with these may be another cluster, and know nothing. */
  readonly followedByAnother: boolean;
}

/** A removed filter stays as a record: what its secondary holds has to be compared when it comes back. */
export interface FilterRecord {
  readonly filter: PathsFilter | undefined;
}

const RECORD_LIMITS = { bytesMax: 1024 * 1024, depthMax: 6 };

function toBytes(data: ResponseData): Buffer {
  return Buffer.from(stringifyJson({ version: 1, ...data }));
}

function read(bytes: Buffer): JsonReader {
  const reader = JsonReader.parse(bytes, RECORD_LIMITS);
  if (reader.number("version") !== 1) throw new Error("replication record of an unknown version");
  return reader;
}

export function linkData(link: PrimaryLink): ResponseData {
  return {
    secondary_id: link.secondaryId,
    ca_cert: link.credentials.authorityCertificate,
    client_cert: link.credentials.certificate,
    client_key: link.credentials.privateKey,
    primary_cluster_addr: link.primaryClusterAddress,
    known_addrs: link.knownAddresses,
    rejoins: link.rejoins,
    later_lineage: link.laterLineage === undefined ? undefined : lineageData(link.laterLineage),
  };
}

export function readLink(reader: JsonReader): PrimaryLink {
  const laterLineage = reader.optional("later_lineage", () => readLineage(reader, "later_lineage"));
  return {
    secondaryId: reader.text("secondary_id"),
    credentials: {
      authorityCertificate: reader.text("ca_cert"),
      certificate: reader.text("client_cert"),
      privateKey: reader.text("client_key"),
    },
    primaryClusterAddress: reader.text("primary_cluster_addr"),
    knownAddresses: reader.texts("known_addrs"),
    rejoins: reader.boolean("rejoins"),
    ...(laterLineage === undefined ? {} : { laterLineage }),
  };
}

export function encodeRole(record: RoleRecord): Buffer {
  if (record.role === "disabled") return toBytes({ role: record.role });
  if (record.role === "primary") {
    return toBytes({ role: record.role, set_id: record.setId, primary_cluster_addr: record.primaryClusterAddress });
  }
  const link = record.link === undefined ? undefined : linkData(record.link);
  return toBytes({ role: record.role, set_id: record.setId, link });
}

export function decodeRole(bytes: Buffer): RoleRecord {
  const reader = read(bytes);
  const role = reader.text("role");
  if (role === "primary") {
    return { role, setId: reader.text("set_id"), primaryClusterAddress: reader.text("primary_cluster_addr") };
  }
  if (role === "secondary") {
    return { role, setId: reader.text("set_id"), link: reader.optional("link", () => readLink(reader.child("link"))) };
  }
  return { role: "disabled" };
}

export function encodeSet(record: SetRecord): Buffer {
  return toBytes({ set_id: record.setId, ca_cert: record.authorityCertificate, ca_key: record.authorityKey });
}

export function decodeSet(bytes: Buffer): SetRecord {
  const reader = read(bytes);
  return {
    setId: reader.text("set_id"),
    authorityCertificate: reader.text("ca_cert"),
    authorityKey: reader.text("ca_key"),
  };
}

export function encodeMember(record: MemberRecord): Buffer {
  return toBytes({
    id: record.id,
    fingerprint: record.fingerprint,
    issued_at: record.issuedAtMilliseconds,
    revoked: record.revoked,
    cluster_addr: record.clusterAddress,
    followed:
      record.followed === undefined
        ? undefined
        : { number: record.followed.number, cluster: record.followed.clusterId },
    followed_by_another: record.followedByAnother ? true : undefined,
  });
}

export function decodeMember(bytes: Buffer): MemberRecord {
  const reader = read(bytes);
  return {
    id: reader.text("id"),
    fingerprint: reader.text("fingerprint"),
    issuedAtMilliseconds: reader.number("issued_at"),
    revoked: reader.boolean("revoked"),
    clusterAddress: reader.has("cluster_addr") ? reader.text("cluster_addr") : "",
    followed: reader.optional("followed", () => readEpoch(reader.child("followed"))),
    followedByAnother: reader.has("followed_by_another") && reader.boolean("followed_by_another"),
  };
}

export function encodeFilter(record: FilterRecord): Buffer {
  if (record.filter === undefined) return toBytes({});
  return toBytes({ mode: record.filter.mode, paths: record.filter.paths });
}

export function decodeFilter(bytes: Buffer): FilterRecord {
  const reader = read(bytes);
  if (!reader.has("mode")) return { filter: undefined };
  return { filter: { mode: reader.text("mode") === "allow" ? "allow" : "deny", paths: reader.texts("paths") } };
}

/** What a new generation is told about why it was built; consumed when the cluster first opens on it. */
export interface ActivationNote {
  readonly mode: ReplicationMode;
  readonly setId: string;
  readonly link: PrimaryLink;
}

export function encodeActivationNote(note: ActivationNote): Buffer {
  return toBytes({ mode: note.mode, set_id: note.setId, link: linkData(note.link) });
}

export function decodeActivationNote(bytes: Buffer): ActivationNote {
  const reader = read(bytes);
  return {
    mode: reader.text("mode") === "dr" ? "dr" : "performance",
    setId: reader.text("set_id"),
    link: readLink(reader.child("link")),
  };
}
