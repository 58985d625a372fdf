import { lowerBound } from "../../sdk/byte-order";
import type { CommitBatch, StoredPair, StoredValue } from "../../sdk/storage";

/** What a holder of the disk is told when power fails. */
export interface DiskHolder {
  /** The disk goes away: `survivors` of the commits that wait for their sync were durable all the same, in order. */
  powerFailed(survivors: number): void;
}

/** Content that outlives the storages opened on it, as a directory does. At most one storage holds it at a time. */
export class MemoryDisk {
  private readonly values = new Map<string, StoredValue>();
  /** Ascending by UTF-8 bytes. */
  private readonly keys: string[] = [];
  private revision = 0;
  private bytes = 0;
  private holder: DiskHolder | undefined;

  /** @throws Error when another storage holds the disk */
  claim(holder: DiskHolder): void {
    if (this.holder !== undefined)
      throw new Error("the memory disk is in use; close the storage that was opened on it");
    this.holder = holder;
  }

  release(holder: DiskHolder): void {
    if (this.holder === holder) this.holder = undefined;
  }

  /**
   * Power fails: the storage opened on this disk is dead, its waiting commits reject, and of those that were not synced yet
   * the first `survivors` stay (a real disk may have written them without having said so). Default 0.
   */
  crash(survivors = 0): void {
    const { holder } = this;
    this.holder = undefined;
    holder?.powerFailed(survivors);
  }

  get usedBytes(): number {
    return this.bytes;
  }

  get(key: string): StoredValue | undefined {
    return this.values.get(key);
  }

  /** Pairs whose keys start with `prefix`, strictly after `after`. */
  range(prefix: string, after: string | undefined, limit: number): StoredPair[] {
    const pairs: StoredPair[] = [];
    let index = lowerBound(this.keys, prefix);
    if (after !== undefined) index = Math.max(index, lowerBound(this.keys, `${after}\0`));
    for (; index < this.keys.length && pairs.length < limit; index++) {
      const key = this.keys[index] ?? "";
      const stored = this.values.get(key);
      if (!key.startsWith(prefix) || stored === undefined) break;
      pairs.push({ key, value: stored.value, revision: stored.revision });
    }
    return pairs;
  }

  /** Bytes by which the batch would change what is used. */
  growthBytes(batch: CommitBatch): number {
    let growth = 0;
    for (const { key, value } of batch.puts) growth += pairBytes(key, value) - this.bytesOf(key);
    for (const key of batch.deletes) growth -= this.bytesOf(key);
    return growth;
  }

  /** @returns the revision of what was put */
  apply(batch: CommitBatch): number {
    this.bytes += this.growthBytes(batch);
    const revision = ++this.revision;
    for (const { key, value } of batch.puts) {
      if (!this.values.has(key)) this.keys.splice(lowerBound(this.keys, key), 0, key);
      this.values.set(key, { value, revision });
    }
    for (const key of batch.deletes) {
      if (this.values.delete(key)) this.keys.splice(lowerBound(this.keys, key), 1);
    }
    return revision;
  }

  private bytesOf(key: string): number {
    const stored = this.values.get(key);
    return stored === undefined ? 0 : pairBytes(key, stored.value);
  }
}

function pairBytes(key: string, value: Buffer): number {
  return Buffer.byteLength(key) + value.length;
}
