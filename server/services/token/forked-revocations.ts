import type { ParsedWrite, Revocation, RevocationFinder } from "../../sdk/divergence";
import { decodeToken, type TokenRecord } from "./token-record";
import { TOKEN_PREFIX } from "./token-store";

const ID_PREFIX = `${TOKEN_PREFIX}id/`;
const PARENT_PREFIX = `${TOKEN_PREFIX}parent/`;

/**
 * Token revocations in a log: each begins with one commit that marks the token (`TokenRevocation.mark`), and what follows
 * from it is done again by the revocation itself. A token that expired is marked too; elsewhere it may have been renewed.
 */
export class ForkedTokenRevocations implements RevocationFinder {
  private readonly revoked = new Map<string, Revocation>();
  /** Tokens that have no parent (any more). */
  private readonly orphans = new Set<string>();
  /** Tokens a child of which was made an orphan: they are about to be revoked alone. */
  private readonly abandoned = new Set<string>();

  take({ class: keyClass, key, value, writtenAtMilliseconds }: ParsedWrite): void {
    if (keyClass !== "local") return;
    if (key.startsWith(PARENT_PREFIX) && value === undefined) this.takeLostEdge(key.slice(PARENT_PREFIX.length));
    if (key.startsWith(ID_PREFIX) && value !== undefined) {
      this.takeToken(key.slice(ID_PREFIX.length), decodeToken(value), writtenAtMilliseconds);
    }
  }

  found(): readonly Revocation[] {
    return [...this.revoked.values()];
  }

  private takeToken(hash: string, record: TokenRecord, writtenAtMilliseconds: number): void {
    if (record.revoking && !hasExpired(record, writtenAtMilliseconds)) {
      this.revoked.set(hash, { kind: "token", hash, alone: this.abandoned.has(hash) });
    } else if (record.parent === "") this.orphans.add(hash);
  }

  /** A removed token loses its edge too; only one that lives on was made an orphan. */
  private takeLostEdge(edge: string): void {
    const [parent = "", child = ""] = edge.split("/");
    if (this.orphans.has(child)) this.abandoned.add(parent);
  }
}

function hasExpired({ expireTimeMilliseconds }: TokenRecord, nowMilliseconds: number): boolean {
  return expireTimeMilliseconds !== undefined && expireTimeMilliseconds <= nowMilliseconds;
}
