import type { SecretKey } from "../../sdk/crypto";
import { hmacSha256, takeSecretKey } from "../../sdk/crypto";

const REMEMBERED_MAX = 4096;

/** HMAC-SHA256 under the device's salt, in the form that sys/audit-hash answers. */
export class SaltedHash {
  private readonly key: SecretKey;
  private remembered = new Map<string, string>();

  constructor(salt: Buffer) {
    this.key = takeSecretKey(Buffer.from(salt));
  }

  of(text: string): string {
    return `hmac-sha256:${hmacSha256(this.key, text).toString("hex")}`;
  }

  /**
   * For what comes again with each request of a client (its token, its accessor). `handle` names the text and is kept
   * instead of it; bounded, and forgotten all at once when full.
   */
  ofRepeated(handle: string, text: string): string {
    const known = this.remembered.get(handle);
    if (known !== undefined) return known;
    if (this.remembered.size >= REMEMBERED_MAX) this.remembered = new Map();
    const hash = this.of(text);
    this.remembered.set(handle, hash);
    return hash;
  }
}
