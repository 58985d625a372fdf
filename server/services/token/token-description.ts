import { secondsLeft } from "../../sdk/time-to-live";
import type { TokenDescription } from "../../sdk/token";
import type { BatchBody } from "./batch-token";
import type { TokenRecord } from "./token-record";

export function describeToken(record: TokenRecord, nowMilliseconds: number): TokenDescription {
  const { expireTimeMilliseconds } = record;
  return {
    accessor: record.accessor,
    creationTimeSeconds: Math.floor(record.issueTimeMilliseconds / 1000),
    creationTtlSeconds: record.creationTtlSeconds,
    displayName: record.displayName,
    entityId: "",
    expireTimeMilliseconds,
    issueTimeMilliseconds: record.issueTimeMilliseconds,
    explicitMaxTtlSeconds: record.explicitMaxTtlSeconds,
    periodSeconds: record.periodSeconds,
    lastRenewalSeconds: record.lastRenewalSeconds,
    metadata: record.metadata,
    numUses: record.numUses === 0 ? 0 : record.usesLeft,
    orphan: record.parent === "",
    path: record.path,
    policies: record.policies,
    renewable: record.renewable,
    roleName: record.roleName,
    boundCidrs: record.boundCidrs,
    ttlSeconds: expireTimeMilliseconds === undefined ? 0 : secondsLeft(expireTimeMilliseconds, nowMilliseconds),
    type: "service",
  };
}

export function describeBatch(body: BatchBody, nowMilliseconds: number): TokenDescription {
  return {
    accessor: "",
    creationTimeSeconds: Math.floor(body.issueTimeMilliseconds / 1000),
    creationTtlSeconds: body.creationTtlSeconds,
    displayName: body.displayName,
    entityId: "",
    expireTimeMilliseconds: body.expireTimeMilliseconds,
    issueTimeMilliseconds: body.issueTimeMilliseconds,
    explicitMaxTtlSeconds: 0,
    periodSeconds: 0,
    lastRenewalSeconds: undefined,
    metadata: body.metadata,
    numUses: 0,
    orphan: body.parent === "",
    path: body.path,
    policies: body.policies,
    renewable: false,
    roleName: body.roleName,
    boundCidrs: body.boundCidrs,
    ttlSeconds: secondsLeft(body.expireTimeMilliseconds, nowMilliseconds),
    type: "batch",
  };
}
