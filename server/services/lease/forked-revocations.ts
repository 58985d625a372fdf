import type { ParsedWrite, Revocation, RevocationFinder } from "../../sdk/divergence";
import { decodeLease } from "./lease-record";
import { LEASE_PREFIX } from "./lease-store";

const ID_PREFIX = `${LEASE_PREFIX}id/`;

/** Lease revocations in a log: marked ones, and those forgotten by force. What merely ran out may live on elsewhere, renewed. */
export class ForkedLeaseRevocations implements RevocationFinder {
  private readonly revoked = new Set<string>();
  private readonly expired = new Set<string>();

  take({ class: keyClass, key, value, writtenAtMilliseconds }: ParsedWrite): void {
    if (keyClass !== "local" || !key.startsWith(ID_PREFIX)) return;
    const leaseId = key.slice(ID_PREFIX.length);
    if (value === undefined) {
      if (!this.expired.has(leaseId)) this.revoked.add(leaseId);
      return;
    }
    const { state, expireTimeMilliseconds } = decodeLease(value);
    if (state !== "revoking") return;
    if (expireTimeMilliseconds <= writtenAtMilliseconds) this.expired.add(leaseId);
    else this.revoked.add(leaseId);
  }

  found(): readonly Revocation[] {
    return [...this.revoked].map((leaseId) => ({ kind: "lease", leaseId }));
  }
}
