import { ServerError } from "./errors";

/** Seconds; 0 = not set, never "without end". */
export interface TtlGrant {
  readonly ttlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly explicitMaxTtlSeconds: number;
  readonly periodSeconds: number;
}

/** The mount's effective limits; its maximum is never above the system's. Both above 0. */
export interface TtlLimits {
  readonly defaultLeaseTtlSeconds: number;
  readonly maxLeaseTtlSeconds: number;
}

export interface Expiry {
  readonly expireTimeMilliseconds: number;
  /** From now, whole seconds, at least 1: 0 would read as "never". */
  readonly ttlSeconds: number;
  readonly warnings: readonly string[];
}

/**
 * When a token or lease that lives since `issuedMilliseconds` ends if it is granted or renewed now: the smallest of all
 * limits. A period starts anew with each renewal and is held by an explicit maximum only.
 * @throws invalid_request when the maximum is reached: nothing is left to grant
 */
export function expiryOf(
  grant: TtlGrant,
  limits: TtlLimits,
  issuedMilliseconds: number,
  nowMilliseconds: number,
  incrementSeconds = 0,
): Expiry {
  const maxSeconds = smallest(grant.maxTtlSeconds, grant.explicitMaxTtlSeconds, limits.maxLeaseTtlSeconds);
  const periodic = grant.periodSeconds > 0;
  const defaultSeconds = Math.min(limits.defaultLeaseTtlSeconds, maxSeconds);
  const wantedSeconds = periodic ? grant.periodSeconds : incrementSeconds || grant.ttlSeconds || defaultSeconds;
  const boundSeconds = periodic ? grant.explicitMaxTtlSeconds : maxSeconds;
  const onceSeconds = Math.min(wantedSeconds, limits.maxLeaseTtlSeconds);
  let expireTimeMilliseconds = nowMilliseconds + onceSeconds * 1000;
  if (boundSeconds > 0) {
    const boundSecondsHeld = Math.min(boundSeconds, limits.maxLeaseTtlSeconds);
    expireTimeMilliseconds = Math.min(expireTimeMilliseconds, issuedMilliseconds + boundSecondsHeld * 1000);
  }
  if (expireTimeMilliseconds <= nowMilliseconds) {
    throw new ServerError("invalid_request", "past the max TTL, cannot renew");
  }
  const ttlSeconds = secondsLeft(expireTimeMilliseconds, nowMilliseconds);
  const capped = ttlSeconds < wantedSeconds;
  return { expireTimeMilliseconds, ttlSeconds, warnings: capped ? [cappedWarning(wantedSeconds, ttlSeconds)] : [] };
}

function cappedWarning(wantedSeconds: number, ttlSeconds: number): string {
  return `TTL of "${wantedSeconds}s" exceeded the effective max_ttl of "${ttlSeconds}s"; TTL value is capped accordingly`;
}

/** Whole seconds until `expire`, rounded up, so that what lives never shows 0. */
export function secondsLeft(expireTimeMilliseconds: number, nowMilliseconds: number): number {
  return Math.max(1, Math.ceil((expireTimeMilliseconds - nowMilliseconds) / 1000));
}

/** Of the ones that are set. */
function smallest(...seconds: readonly number[]): number {
  return Math.min(...seconds.filter((one) => one > 0));
}
