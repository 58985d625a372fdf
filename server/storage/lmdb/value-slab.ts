const SLAB_BYTES = 256 * 1024;
/** Larger values are worth a buffer of their own. */
const SHARED_BYTES_MAX = 16 * 1024;

/**
 * Copies values behind each other into large buffers: for many at a time an allocation each costs more than the copy. A copy
 * keeps its whole slab in memory, so this is for what is read in ranges and soon dropped.
 */
export class ValueSlab {
  private slab = Buffer.alloc(0);
  private used = 0;

  /** @param lengthBytes of the value: the engine lends a buffer that is longer */
  copy(lent: Uint8Array, lengthBytes: number): Buffer {
    const value = new Uint8Array(lent.buffer, lent.byteOffset, lengthBytes);
    if (lengthBytes > SHARED_BYTES_MAX) return Buffer.from(value);
    if (this.used + lengthBytes > this.slab.length) {
      this.slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.used = 0;
    }
    const copy = this.slab.subarray(this.used, this.used + lengthBytes);
    copy.set(value);
    this.used += lengthBytes;
    return copy;
  }
}
