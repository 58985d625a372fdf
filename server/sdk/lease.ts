import type { LeaseGrant } from "./outcome";
import type { TokenFacts } from "./token";

/** A lease as the API shows it. */
export interface LeaseFacts {
  /** `<mount>/<path>/<random>`. */
  readonly leaseId: string;
  readonly issueTimeMilliseconds: number;
  /** Undefined: does not expire by itself. */
  readonly expireTimeMilliseconds: number | undefined;
  readonly lastRenewalMilliseconds: number | undefined;
  readonly renewable: boolean;
}

/** The part of an answer that a new or renewed lease fills. */
export interface IssuedLease {
  readonly leaseId: string;
  readonly renewable: boolean;
  readonly leaseDurationSeconds: number;
}

/** Where a lease comes from: enough to find the engine again that can take the credential back. */
export interface LeaseSource {
  readonly mountId: string;
  readonly mountPath: string;
  /** Full request path without `/v1/`. */
  readonly path: string;
  readonly defaultLeaseTtlSeconds: number;
  readonly maxLeaseTtlSeconds: number;
}

/** Leases of dynamic credentials. They are class `local`: lease operations are never forwarded to another cluster. */
export interface LeasePort {
  /** Resolves once the lease is durable and tied to the token. */
  register(grant: LeaseGrant, source: LeaseSource, token: TokenFacts): Promise<IssuedLease>;
  lookup(leaseId: string): Promise<LeaseFacts | undefined>;
  /** `incrementSeconds` 0: the mount's default. @throws invalid_request when there is no such lease or it cannot be renewed */
  renew(leaseId: string, incrementSeconds: number): Promise<IssuedLease>;
  /** Revoking a lease that is gone succeeds. `sync`: resolves after the engine took the credential back. */
  revoke(leaseId: string, sync: boolean): Promise<void>;
  /** `force`: forgets the leases although the engine cannot take the credentials back. */
  revokePrefix(prefix: string, options: { readonly sync: boolean; readonly force: boolean }): Promise<void>;
  /** Names directly under the prefix (folders end in `/`), sorted. */
  listPrefix(prefix: string): Promise<readonly string[]>;
}
