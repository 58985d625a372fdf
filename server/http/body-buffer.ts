const CAPACITY_BYTES_FIRST = 16 * 1024;

/**
 * Collects a body in one growing block: a sender of single bytes costs no more memory than one of large pieces, and a
 * large announced length costs nothing before the bytes arrive.
 */
export class BodyBuffer {
  private block: Buffer = Buffer.alloc(0);
  private used = 0;

  get length(): number {
    return this.used;
  }

  append(bytes: Buffer, start: number, end: number): void {
    const needed = this.used + end - start;
    if (needed > this.block.length) this.grow(needed);
    bytes.copy(this.block, this.used, start, end);
    this.used = needed;
  }

  finish(): Buffer {
    return this.block.subarray(0, this.used);
  }

  private grow(needed: number): void {
    const block = Buffer.alloc(Math.max(needed, this.block.length * 2, CAPACITY_BYTES_FIRST));
    this.block.copy(block, 0, 0, this.used);
    this.block = block;
  }
}
