import type { Router } from "../router/router";
import type { ParsedWrite, Revocation, RevocationFinder, WriteMeanings } from "../sdk/divergence";
import { isServerError } from "../sdk/errors";
import type { MountType } from "../sdk/mount";
import { ForkedLeaseRevocations } from "../services/lease/forked-revocations";
import type { LeaseService } from "../services/lease/lease-service";
import { LEASE_PREFIX } from "../services/lease/lease-store";
import { POLICY_PREFIX } from "../services/policy/policy-service";
import { ForkedTokenRevocations } from "../services/token/forked-revocations";
import type { TokenService } from "../services/token/token-service";
import { TOKEN_PREFIX } from "../services/token/token-store";
import { WRAPPING_PREFIX } from "../services/wrapping/wrapping-service";

export interface WriteMeaningsParts {
  readonly router: Pick<Router, "byId" | "runPrimaryCall">;
  readonly types: readonly MountType[];
  readonly tokens: Pick<TokenService, "revokeByHash" | "revokeAloneByHash">;
  readonly leases: Pick<LeaseService, "revoke">;
}

/** What the services keep under their keys, for reports about writes that one cluster alone had. */
export function writeMeanings({ router, types, tokens, leases }: WriteMeaningsParts): WriteMeanings {
  return {
    mountOf: (mountId) => router.byId(mountId),
    storedKeysOf: ({ kind, type, options }) => {
      const found = types.find((known) => known.kind === kind && known.type === type);
      return found?.storedKeys?.(options);
    },
    corePathOf: ({ key }) => corePath(key),
    findRevocations: () => new ForkedRevocations([new ForkedTokenRevocations(), new ForkedLeaseRevocations()]),
    revoke: async (revocation) => {
      if (revocation.kind === "lease") return await leases.revoke(revocation.leaseId, false);
      if (revocation.kind === "mount") return await callMount(router, revocation);
      if (revocation.alone) return await tokens.revokeAloneByHash(revocation.hash);
      return await tokens.revokeByHash(revocation.hash);
    },
  };
}

class ForkedRevocations implements RevocationFinder {
  constructor(private readonly finders: readonly RevocationFinder[]) {}

  take(write: ParsedWrite): void {
    for (const finder of this.finders) finder.take(write);
  }

  found(): readonly Revocation[] {
    return this.finders.flatMap((finder) => finder.found());
  }
}

/** A mount, or what it kept, that is gone has nothing left to take back. */
async function callMount(
  router: Pick<Router, "runPrimaryCall">,
  { mountId, call, payload }: Extract<Revocation, { kind: "mount" }>,
): Promise<void> {
  try {
    await router.runPrimaryCall(mountId, call, payload);
  } catch (error) {
    if (!isServerError(error, "invalid_request")) throw error;
  }
}

/** Prefix of the keys, and of the API path in its place; undefined: an index, or what no user wrote. First match counts. */
const AREAS: readonly (readonly [prefix: string, path: string | undefined])[] = [
  [POLICY_PREFIX, "sys/policies/acl/"],
  [`${TOKEN_PREFIX}role/`, "auth/token/roles/"],
  ["core/audit/", "sys/audit/"],
  ["core/replication/lineage/", undefined],
  // To demote who was replaced is the way back, and no write that its successor lacks.
  ["core/replication/performance/role", undefined],
  ["core/replication/", "sys/replication/"],
  ["core/mount-removal/", undefined],
  ["core/keyring-kept", undefined],
];

function corePath(key: string): string | undefined {
  if (key.startsWith(`${TOKEN_PREFIX}id/`)) return "auth/token";
  if (key.startsWith(`${LEASE_PREFIX}id/`)) return leasePath(key.slice(`${LEASE_PREFIX}id/`.length));
  if (key === "core/keyring") return "sys/rotate";
  const area = AREAS.find(([prefix]) => key.startsWith(prefix));
  if (area !== undefined) return area[1] === undefined ? undefined : area[1] + key.slice(area[0].length);
  if (key.startsWith(WRAPPING_PREFIX)) return "sys/wrapping";
  return key.startsWith(TOKEN_PREFIX) || key.startsWith(LEASE_PREFIX) ? undefined : key;
}

/** Without the lease's own random end: all leases of a path are one row. */
function leasePath(leaseId: string): string {
  return `sys/leases/${leaseId.slice(0, leaseId.lastIndexOf("/"))}`;
}
