import { constantTimeEqual } from "../sdk/crypto";
import type { Random } from "../sdk/random";

/** The shares given so far, and the nonce that names this attempt. */
export class UnsealProgress {
  nonce = "";
  private shares: Buffer[] = [];

  constructor(private readonly random: Random) {}

  get count(): number {
    return this.shares.length;
  }

  /** A share that was given already changes nothing. */
  add(share: Buffer): void {
    if (this.shares.some((given) => constantTimeEqual(given, share))) return;
    if (this.shares.length === 0) this.nonce = this.random.uuid();
    this.shares.push(share);
  }

  given(): readonly Buffer[] {
    return this.shares;
  }

  /** Zeroes what was given. */
  reset(): void {
    for (const share of this.shares) share.fill(0);
    this.shares = [];
    this.nonce = "";
  }
}
