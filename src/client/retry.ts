/** When an attempt is repeated. 412: the index it needs has not arrived yet; 503: a role change or an unseal is under way. */
export interface RetryPolicy {
  readonly attemptsMax: number;
  readonly firstDelayMs: number;
  readonly delayMsMax: number;
  readonly statuses: readonly number[];
  /** Whether a refused connection, and nothing worse, is tried again. */
  readonly connectionRefused: boolean;
}

export const DEFAULT_RETRY: RetryPolicy = {
  attemptsMax: 8,
  firstDelayMs: 50,
  delayMsMax: 1000,
  statuses: [412, 503],
  connectionRefused: true,
};

export const NO_RETRY: RetryPolicy = { ...DEFAULT_RETRY, attemptsMax: 1, statuses: [], connectionRefused: false };

/** Fewer attempts: enough for a process that is being restarted, short enough for a plan. */
export const REFUSED_ATTEMPTS_MAX = 4;

/** Milliseconds before attempt number `attempt` (from 2 on); doubles up to the limit. */
export function delayBeforeMs(policy: RetryPolicy, attempt: number): number {
  return Math.min(policy.delayMsMax, policy.firstDelayMs * 2 ** Math.max(0, attempt - 2));
}

const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** Connections that were refused never carried the request, so that even a write may be sent again. */
export function neverSent(code: string): boolean {
  return NEVER_SENT.has(code);
}
