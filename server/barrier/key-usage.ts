import { ByteReader, ByteWriter } from "../sdk/binary";
import type { ClusterLog } from "../sdk/log";
import type { CiphertextStore } from "./ciphertext-store";
import type { ValueCipher } from "./value-cipher";

const USAGE_KEY = "core/keyring-usage";
const BLOCK = 2 ** 20;

/**
 * Counts encryptions per key (NIST SP 800-38D bounds them for random nonces). A block is reserved in the storage before its
 * first number is used, so a crash loses numbers and never reuses one: the count is never less than what was made.
 */
export class KeyUsage {
  private counts = new Map<string, number>();
  private reserved = new Map<string, number>();
  private reserving: Promise<void> | undefined;

  private constructor(
    private readonly cipher: ValueCipher,
    private readonly log: ClusterLog,
  ) {}

  static async load(cipher: ValueCipher, log: ClusterLog, ciphertexts: CiphertextStore): Promise<KeyUsage> {
    const usage = new KeyUsage(cipher, log);
    const stored = await ciphertexts.read("node", USAGE_KEY);
    if (stored === undefined) return usage;
    const reader = new ByteReader(cipher.decrypt("node", USAGE_KEY, stored.value));
    for (const [id, count] of reader.list(() => [reader.text(), reader.integer()] as const)) {
      usage.reserved.set(id, count);
      usage.counts.set(id, count);
    }
    return usage;
  }

  encryptions(keyId: string): number {
    return this.counts.get(keyId) ?? 0;
  }

  /** Counts encryptions under the active key, before they are made. */
  async take(encryptions: number): Promise<void> {
    const { id } = this.cipher.keyring.active;
    const count = this.encryptions(id) + encryptions;
    this.counts.set(id, count);
    while (count > (this.reserved.get(id) ?? 0)) {
      this.reserving ??= this.reserve(id).finally(() => {
        this.reserving = undefined;
      });
      await this.reserving;
    }
  }

  private async reserve(id: string): Promise<void> {
    const next = new Map(this.reserved).set(id, this.encryptions(id) + BLOCK);
    const writer = new ByteWriter().uint32(next.size);
    for (const [keyId, count] of next) writer.text(keyId).integer(count);
    const value = this.cipher.encrypt("node", USAGE_KEY, writer.finish());
    await this.log.append({ operations: [{ class: "node", key: USAGE_KEY, value }] });
    this.reserved = next;
  }
}
