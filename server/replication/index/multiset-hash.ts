import { exportSecretKey, HmacKey, hkdfSha256, type SecretKey, takeSecretKey } from "../../sdk/crypto";
import type { LoggedClass } from "../../sdk/log";

const LETTER: Readonly<Record<LoggedClass, string>> = { replicated: "r", local: "l" };

/** Number of leaves under one (class, mount): 256 pages of 256. */
export const LEAVES_PER_PAGE = 256;

/**
 * The keyed hash of one stored key, an addend of the multiset hash (sums modulo 2^256). Clusters of a set share the key,
 * so equal content gives equal sums; without the key nobody can search for sets that collide.
 */
export class MultisetHasher {
  private readonly bucketKey: HmacKey;
  private readonly indexKey: HmacKey;

  constructor(indexKey: SecretKey) {
    this.indexKey = new HmacKey(indexKey);
    const secret = exportSecretKey(indexKey);
    this.bucketKey = new HmacKey(takeSecretKey(hkdfSha256(secret, Buffer.alloc(0), "meridian index buckets", 32)));
    secret.fill(0);
  }

  /** 32 bytes over class, mount, key and ciphertext. Mount ids hold no line feed, so the parts cannot run together. */
  element(keyClass: LoggedClass, mountId: string, key: string, ciphertext: Buffer): Buffer {
    const name = `${LETTER[keyClass]}\n${mountId}\n${key}`;
    return this.indexKey.digest(`${Buffer.byteLength(name)}\n${name}`, ciphertext);
  }

  /** 0..65535; keyed, so that nobody can choose keys that crowd one leaf. */
  leafOf(key: string): number {
    return this.bucketKey.firstUint16(key);
  }
}
