import { type AddressFilter, addressFilter } from "../../sdk/cidr";
import { encodeRecord, StoredRecord } from "../../sdk/stored-record";
import type { TokenFacts } from "../../sdk/token";

/** A service token as stored under `id/<hash>`. Its text is nowhere. */
export interface TokenRecord {
  readonly accessor: string;
  /** Hash of the parent; "" for orphans. */
  readonly parent: string;
  /** Parents above it: bounds the walk that every request makes. */
  readonly depth: number;
  readonly path: string;
  readonly displayName: string;
  readonly policies: readonly string[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly internalData: ReadonlyMap<string, string>;
  /** Accessor of the auth mount that made it; "" for root tokens and wrapping tokens. */
  readonly mountAccessor: string;
  /** Token role, "" for none. */
  readonly roleName: string;
  readonly issueTimeMilliseconds: number;
  readonly creationTtlSeconds: number;
  /** Undefined: never. */
  readonly expireTimeMilliseconds: number | undefined;
  readonly lastRenewalSeconds: number | undefined;
  /** As granted, 0: none. Applied again at each renewal. */
  readonly ttlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly explicitMaxTtlSeconds: number;
  readonly periodSeconds: number;
  /** As granted; 0: unlimited. */
  readonly numUses: number;
  readonly usesLeft: number;
  readonly renewable: boolean;
  readonly boundCidrs: readonly string[];
  /** A wrapping token is spent by unwrapping, not by being presented. */
  readonly wrapping: boolean;
  /** Set once, durably, when revocation begins: the token and its descendants are dead from then on. */
  readonly revoking: boolean;
}

export function encodeToken(record: TokenRecord): Buffer {
  return encodeRecord({ ...record, v: 1 });
}

export function decodeToken(value: Buffer): TokenRecord {
  const stored = StoredRecord.parse(value, "token");
  return {
    accessor: stored.text("accessor"),
    parent: stored.text("parent"),
    depth: stored.number("depth"),
    path: stored.text("path"),
    displayName: stored.text("displayName"),
    policies: Object.freeze(stored.texts("policies")),
    metadata: stored.textMap("metadata"),
    internalData: stored.textMap("internalData"),
    mountAccessor: stored.text("mountAccessor"),
    roleName: stored.text("roleName"),
    issueTimeMilliseconds: stored.number("issueTimeMilliseconds"),
    creationTtlSeconds: stored.number("creationTtlSeconds"),
    expireTimeMilliseconds: stored.optionalNumber("expireTimeMilliseconds"),
    lastRenewalSeconds: stored.optionalNumber("lastRenewalSeconds"),
    ttlSeconds: stored.number("ttlSeconds"),
    maxTtlSeconds: stored.number("maxTtlSeconds"),
    explicitMaxTtlSeconds: stored.number("explicitMaxTtlSeconds"),
    periodSeconds: stored.number("periodSeconds"),
    numUses: stored.number("numUses"),
    usesLeft: stored.number("usesLeft"),
    renewable: stored.boolean("renewable"),
    boundCidrs: Object.freeze(stored.texts("boundCidrs")),
    wrapping: stored.boolean("wrapping"),
    revoking: stored.boolean("revoking"),
  };
}

/** A stored token with what a request needs of it at once. */
export interface LoadedToken {
  readonly hash: string;
  readonly record: TokenRecord;
  /** For conditional writes. */
  readonly revision: number;
  readonly facts: TokenFacts;
  readonly acceptsAddress: AddressFilter;
}

export function loadedToken(hash: string, record: TokenRecord, revision: number): LoadedToken {
  return { hash, record, revision, facts: factsOf(hash, record, 0), acceptsAddress: addressFilter(record.boundCidrs) };
}

/** @param numUsesLeft see `TokenFacts` */
export function factsOf(hash: string, record: TokenRecord, numUsesLeft: number): TokenFacts {
  return Object.freeze({
    idHash: hash,
    accessor: record.accessor,
    type: "service",
    path: record.path,
    displayName: record.displayName,
    policies: record.policies,
    metadata: record.metadata,
    entityId: "",
    orphan: record.parent === "",
    renewable: record.renewable,
    numUsesLeft,
    creationTimeSeconds: Math.floor(record.issueTimeMilliseconds / 1000),
    expireTimeMilliseconds: record.expireTimeMilliseconds,
    boundCidrs: record.boundCidrs,
  });
}

/** Dead by its own facts: expired or being revoked. Its ancestors may kill it too. */
export function isEnded(record: TokenRecord, nowMilliseconds: number): boolean {
  if (record.revoking) return true;
  return record.expireTimeMilliseconds !== undefined && nowMilliseconds >= record.expireTimeMilliseconds;
}
