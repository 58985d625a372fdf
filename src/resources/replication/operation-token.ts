import type { ClusterClient } from "../../client/cluster-client";
import { ApiError, ConfigurationError } from "../../client/errors";
import { integerAt, textAt } from "../../client/json";
import type { ExpiringToken } from "../../operator/operator-document";

export const DR_OPERATION_POLICY = "meridian-dr-operation";
const ROLE = "meridian-dr-operation";
/** The longest life that the server's default limit allows. */
const TTL_SECONDS = 768 * 3600;

/** What a DR operation token may do, and nothing else. */
export const DR_OPERATION_RULES = ["promote", "update-primary", "disable", "recover"]
  .map((name) => `path "sys/replication/dr/secondary/${name}" {\n  capabilities = ["read", "update"]\n}\n`)
  .join("\n");

/**
 * Makes a DR operation token on a DR primary, in advance, by a token role: an orphan batch token, which needs no storage,
 * so that it is valid on the DR secondary the moment it is made and while the primary is gone.
 */
export async function makeOperationToken(primary: ClusterClient, nowMs: number): Promise<ExpiringToken> {
  await primary.post(`sys/policies/acl/${DR_OPERATION_POLICY}`, { policy: DR_OPERATION_RULES });
  await primary.post(`auth/token/roles/${ROLE}`, {
    token_type: "batch",
    orphan: true,
    renewable: false,
    allowed_policies: [DR_OPERATION_POLICY],
  });
  const request = { policies: [DR_OPERATION_POLICY], ttl: `${TTL_SECONDS}s`, no_default_policy: true };
  const answer = await primary.post(`auth/token/create/${ROLE}`, request);
  const token = textAt(answer.body, "auth", "client_token");
  if (token === undefined) {
    const detail = `Cluster "${primary.name}" at ${primary.address} made no token for the role "${ROLE}".`;
    throw new ConfigurationError("No DR operation token", detail);
  }
  const seconds = integerAt(answer.body, "auth", "lease_duration") ?? TTL_SECONDS;
  return { token, expiresAt: new Date(nowMs + seconds * 1000).toISOString() };
}

/** A kept token that ends within this time is replaced by the next apply. */
const RENEWED_BEFORE_MS = 14 * 24 * 3600 * 1000;

export function needsRenewal(kept: ExpiringToken | undefined, nowMs: number): boolean {
  return kept === undefined || Date.parse(kept.expiresAt) - nowMs <= RENEWED_BEFORE_MS;
}

export function isUsable(kept: ExpiringToken | undefined, nowMs: number): kept is ExpiringToken {
  return kept !== undefined && Date.parse(kept.expiresAt) > nowMs;
}

/** True for the refusal of an operation token that has not arrived or has expired. */
export function isTokenRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.status === 403;
}
