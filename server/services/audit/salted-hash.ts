import { ShortHmac } from "../../sdk/short-hmac";

const REMEMBERED_MAX = 4096;

/** HMAC-SHA256 under the device's salt, in the form that sys/audit-hash answers. */
export class SaltedHash {
  private readonly hmac: ShortHmac;
  private remembered = new Map<string, string>();
  /** Hashes of what says nothing: flags, the empty text, single digits. */
  private readonly common: ReadonlyMap<string, string>;

  constructor(salt: Buffer) {
    this.hmac = new ShortHmac(salt);
    const texts = ["", "true", "false", ..."0123456789"];
    this.common = new Map(texts.map((text) => [text, this.fresh(text)]));
  }

  of(text: string): string {
    return (text.length <= 5 ? this.common.get(text) : undefined) ?? this.fresh(text);
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

  private fresh(text: string): string {
    return `hmac-sha256:${this.hmac.hex(text)}`;
  }
}
