import { addressFilter } from "../../../sdk/cidr";
import { hmacSha256 } from "../../../sdk/crypto";
import type { JsonObject } from "../../../sdk/json";
import type { MountContext } from "../../../sdk/mount";
import { encodeRecord, StoredRecord } from "../../../sdk/stored-record";
import type { View, WriteOperation } from "../../../sdk/view";
import type { LoadedRole, Role } from "./role";

/**
 * A secret id, stored under `secret-id/<role>/<hash>`, with `accessor/<role>/<accessor>` -> hash beside it. In the shared
 * data, or in the cluster's own where the role says so. Its text is nowhere.
 */
export interface SecretId {
  readonly accessor: string;
  readonly creationTimeMilliseconds: number;
  readonly lastUpdatedMilliseconds: number;
  /** Undefined: never. */
  readonly expirationTimeMilliseconds: number | undefined;
  readonly ttlSeconds: number;
  /** As granted; 0: without limit. */
  readonly numUses: number;
  readonly usesLeft: number;
  readonly metadata: ReadonlyMap<string, string>;
  /** Where logins may come from. */
  readonly cidrs: readonly string[];
  /** Where the tokens of its logins may be used from; empty: as the role says. */
  readonly tokenBoundCidrs: readonly string[];
}

export interface LoadedSecretId extends SecretId {
  readonly hash: string;
  readonly revision: number;
}

export function secretIdView(context: MountContext, role: Pick<Role, "localSecretIds">): View {
  return role.localSecretIds ? context.localStorage : context.storage;
}

/** Keyed hash of a secret id's text: 64 hexadecimal digits. */
export function secretIdHash(role: Role, secretId: string | Buffer): string {
  return hmacSha256(role.secretIdKey, secretId).toString("hex");
}

export async function readSecretId(view: View, roleKey: string, hash: string): Promise<LoadedSecretId | undefined> {
  const stored = await view.get(secretIdKey(roleKey, hash));
  if (stored === undefined) return undefined;
  return { ...decodeSecretId(stored.value), hash, revision: stored.revision };
}

export async function hashOfAccessor(view: View, roleKey: string, accessor: string): Promise<string | undefined> {
  if (!/^[\w-]{1,64}$/.test(accessor)) return undefined;
  return (await view.get(accessorKey(roleKey, accessor)))?.value.toString("utf8");
}

export function creationOf(view: View, roleKey: string, hash: string, secretId: SecretId): readonly WriteOperation[] {
  return [
    view.put(secretIdKey(roleKey, hash), encodeSecretId(secretId), { ifRevision: 0 }),
    view.put(accessorKey(roleKey, secretId.accessor), Buffer.from(hash), { ifRevision: 0 }),
  ];
}

export function changeOf(view: View, roleKey: string, before: LoadedSecretId, after: SecretId): WriteOperation {
  return view.put(secretIdKey(roleKey, before.hash), encodeSecretId(after), { ifRevision: before.revision });
}

export function removalOf(view: View, roleKey: string, secretId: LoadedSecretId): readonly WriteOperation[] {
  return [view.delete(secretIdKey(roleKey, secretId.hash)), view.delete(accessorKey(roleKey, secretId.accessor))];
}

export function isExpired(secretId: SecretId, nowMilliseconds: number): boolean {
  const expiration = secretId.expirationTimeMilliseconds;
  return expiration !== undefined && nowMilliseconds >= expiration;
}

/** The secret id's own blocks and the role's must both hold the address. */
export function acceptsAddress(role: LoadedRole, secretId: SecretId, address: string): boolean {
  return addressFilter(secretId.cidrs)(address) && addressFilter(role.secretIdBoundCidrs)(address);
}

export function secretIdKey(roleKey: string, hash: string): string {
  return `secret-id/${roleKey}/${hash}`;
}

function accessorKey(roleKey: string, accessor: string): string {
  return `accessor/${roleKey}/${accessor}`;
}

export function encodeSecretId(secretId: SecretId): Buffer {
  return encodeRecord({
    accessor: secretId.accessor,
    creationTimeMilliseconds: secretId.creationTimeMilliseconds,
    lastUpdatedMilliseconds: secretId.lastUpdatedMilliseconds,
    expirationTimeMilliseconds: secretId.expirationTimeMilliseconds ?? null,
    ttlSeconds: secretId.ttlSeconds,
    numUses: secretId.numUses,
    usesLeft: secretId.usesLeft,
    metadata: secretId.metadata,
    cidrs: secretId.cidrs,
    tokenBoundCidrs: secretId.tokenBoundCidrs,
  });
}

export function decodeSecretId(value: Buffer): SecretId {
  const record = StoredRecord.parse(value, "approle secret id");
  return {
    accessor: record.text("accessor"),
    creationTimeMilliseconds: record.number("creationTimeMilliseconds"),
    lastUpdatedMilliseconds: record.number("lastUpdatedMilliseconds"),
    expirationTimeMilliseconds: record.optionalNumber("expirationTimeMilliseconds"),
    ttlSeconds: record.number("ttlSeconds"),
    numUses: record.number("numUses"),
    usesLeft: record.number("usesLeft"),
    metadata: record.textMap("metadata"),
    cidrs: record.texts("cidrs"),
    tokenBoundCidrs: record.texts("tokenBoundCidrs"),
  };
}

/** A text member of a call between clusters; "" where there is none. */
export function textOf(payload: JsonObject, name: string): string {
  const value = payload.get(name);
  return typeof value === "string" ? value : "";
}
