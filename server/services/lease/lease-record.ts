import { encodeRecord, StoredRecord } from "../../sdk/stored-record";

/** One lease, stored under `id/<lease id>`. */
export interface LeaseRecord {
  readonly mountId: string;
  /** Hash of the token it was made with; "" for batch tokens. */
  readonly tokenHash: string;
  readonly issueTimeMilliseconds: number;
  readonly expireTimeMilliseconds: number;
  /** End of the batch token it was made with: the lease never outlives it. */
  readonly tokenExpireTimeMilliseconds: number | undefined;
  readonly lastRenewalMilliseconds: number | undefined;
  readonly renewable: boolean;
  readonly ttlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly internalData: ReadonlyMap<string, string>;
  /** `revoking`: dead for clients, the engine has still to take the credential back. */
  readonly state: "live" | "revoking";
  /** Failed attempts to take it back. */
  readonly attempts: number;
  /** When the sweeper looks at it: its end, or the next attempt. */
  readonly dueMilliseconds: number;
}

export interface LoadedLease extends LeaseRecord {
  readonly leaseId: string;
  readonly revision: number;
}

export function encodeLease(record: LeaseRecord): Buffer {
  return encodeRecord({
    mountId: record.mountId,
    tokenHash: record.tokenHash,
    issueTimeMilliseconds: record.issueTimeMilliseconds,
    expireTimeMilliseconds: record.expireTimeMilliseconds,
    tokenExpireTimeMilliseconds: record.tokenExpireTimeMilliseconds ?? null,
    lastRenewalMilliseconds: record.lastRenewalMilliseconds ?? null,
    renewable: record.renewable,
    ttlSeconds: record.ttlSeconds,
    maxTtlSeconds: record.maxTtlSeconds,
    internalData: record.internalData,
    state: record.state,
    attempts: record.attempts,
    dueMilliseconds: record.dueMilliseconds,
  });
}

export function decodeLease(value: Buffer): LeaseRecord {
  const stored = StoredRecord.parse(value, "lease");
  return {
    mountId: stored.text("mountId"),
    tokenHash: stored.text("tokenHash"),
    issueTimeMilliseconds: stored.number("issueTimeMilliseconds"),
    expireTimeMilliseconds: stored.number("expireTimeMilliseconds"),
    tokenExpireTimeMilliseconds: stored.optionalNumber("tokenExpireTimeMilliseconds"),
    lastRenewalMilliseconds: stored.optionalNumber("lastRenewalMilliseconds"),
    renewable: stored.boolean("renewable"),
    ttlSeconds: stored.number("ttlSeconds"),
    maxTtlSeconds: stored.number("maxTtlSeconds"),
    internalData: stored.textMap("internalData"),
    state: stored.oneOf("state", ["live", "revoking"]),
    attempts: stored.number("attempts"),
    dueMilliseconds: stored.number("dueMilliseconds"),
  };
}
