import type { Clock } from "../../sdk/clock";
import { ServerError } from "../../sdk/errors";
import type { KeyedLock } from "../../sdk/keyed-lock";
import type { RenewalDecision } from "../../sdk/mount";
import { expiryOf } from "../../sdk/time-to-live";
import type { IssuedToken, TokenRoles } from "../../sdk/token";
import type { TokenLiveness } from "./token-liveness";
import { serviceAuth } from "./token-minter";
import { canonicalPolicies, isRoot } from "./token-policies";
import type { LoginMounts } from "./token-ports";
import type { TokenRecord } from "./token-record";
import type { TokenStore } from "./token-store";

/** Renews service tokens: what the login or the role proved is proved again, and the limits of today hold. */
export class TokenRenewal {
  constructor(
    private readonly store: TokenStore,
    private readonly liveness: TokenLiveness,
    private readonly lock: KeyedLock,
    private readonly clock: Clock,
    private readonly mounts: LoginMounts,
    private readonly roles: TokenRoles,
  ) {}

  /** @param text what the answer names as the token; "" where it is not known */
  async renew(hash: string, text: string, incrementSeconds: number): Promise<IssuedToken> {
    const token = await this.liveness.live(hash);
    if (token === undefined) throw new ServerError("permission_denied", "bad token");
    if (!token.record.renewable) throw new ServerError("invalid_request", "lease is not renewable");
    const decision = await this.decide(token.record);
    return this.lock.run(hash, async () => {
      const current = await this.liveness.live(hash);
      if (current === undefined) throw new ServerError("permission_denied", "bad token");
      const limits = this.mounts.limits(current.record.mountAccessor);
      if (limits === undefined) throw new ServerError("invalid_request", "the auth method of the token is gone");
      const granted = applied(current.record, decision);
      const now = this.clock.nowMilliseconds();
      const expiry = expiryOf(granted, limits, granted.issueTimeMilliseconds, now, incrementSeconds);
      const record: TokenRecord = {
        ...granted,
        expireTimeMilliseconds: expiry.expireTimeMilliseconds,
        lastRenewalSeconds: Math.floor(now / 1000),
      };
      await this.store.commit(this.store.change(current, record), [hash]);
      return { auth: serviceAuth(text, record, expiry), warnings: expiry.warnings };
    });
  }

  private async decide(record: TokenRecord): Promise<RenewalDecision> {
    if (record.roleName === "") return this.mounts.renew(record.mountAccessor, record.internalData);
    const role = await this.roles.read(record.roleName);
    if (role === undefined) {
      throw new ServerError("invalid_request", "original token role could not be found, not renewing");
    }
    return { periodSeconds: role.periodSeconds > 0 ? role.periodSeconds : record.periodSeconds };
  }
}

/** A mount may change policies at renewal, but never to `root`. */
function applied(record: TokenRecord, decision: RenewalDecision): TokenRecord {
  const withDefault = record.policies.includes("default");
  const policies =
    decision.policies === undefined ? record.policies : canonicalPolicies(decision.policies, withDefault);
  if (isRoot(policies) && !isRoot(record.policies)) throw new ServerError("permission_denied");
  return {
    ...record,
    policies,
    ttlSeconds: decision.ttlSeconds ?? record.ttlSeconds,
    maxTtlSeconds: decision.maxTtlSeconds ?? record.maxTtlSeconds,
    periodSeconds: decision.periodSeconds ?? record.periodSeconds,
  };
}
