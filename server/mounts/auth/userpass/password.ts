import { constantTimeEqual, hashPassword } from "../../../sdk/crypto";
import { ServerError } from "../../../sdk/errors";

/** Hashes at once (each takes 32 MiB and a thread of the pool) and logins waiting for one. */
const RUNNING_MAX = 3;
const WAITING_MAX = 128;
export const SALT_BYTES = 16;

export interface PasswordHash {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** Compared with where there is no such user, so that it takes as long. No password is known for it. */
const NOBODY: PasswordHash = { salt: Buffer.alloc(SALT_BYTES), hash: Buffer.alloc(32) };

/** scrypt with bounded cost: what unauthenticated clients can make the server do must have an end. */
export class PasswordHasher {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  async hash(password: Buffer, salt: Buffer): Promise<PasswordHash> {
    await this.enter();
    try {
      return { salt, hash: await hashPassword(password, salt) };
    } finally {
      this.leave();
    }
  }

  /**
   * Takes the same time for an unknown user.
   * @param stillAllowed asked when it is this login's turn, since others may have failed meanwhile
   */
  async verify(password: Buffer, stored: PasswordHash | undefined, stillAllowed: () => boolean): Promise<boolean> {
    await this.enter();
    try {
      if (!stillAllowed()) return false;
      const wanted = stored ?? NOBODY;
      const hash = await hashPassword(password, wanted.salt);
      return constantTimeEqual(hash, wanted.hash) && stored !== undefined;
    } finally {
      this.leave();
    }
  }

  private enter(): Promise<void> {
    if (this.running < RUNNING_MAX) {
      this.running++;
      return Promise.resolve();
    }
    if (this.waiting.length >= WAITING_MAX) {
      return Promise.reject(new ServerError("too_many_requests", "too many logins at once; try again"));
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Hands the place on, so the count stays. */
  private leave(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.running--;
    else next();
  }
}
