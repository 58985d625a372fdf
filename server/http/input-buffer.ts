const CAPACITY_BYTES_MIN = 4 * 1024;

/**
 * Bytes that arrived and were not consumed. The usual case, one chunk that is consumed whole, copies nothing.
 * Bytes once taken in are never overwritten, so a slice handed out stays as it is.
 */
export class InputBuffer {
  bytes: Buffer = Buffer.alloc(0);
  /** First byte not consumed. */
  start = 0;
  /** Behind the last byte that arrived. */
  end = 0;
  /** Whether room behind `end` is ours to write into. */
  private owned = false;

  get length(): number {
    return this.end - this.start;
  }

  append(chunk: Buffer): void {
    if (this.start === this.end) {
      this.bytes = chunk;
      this.start = 0;
      this.end = chunk.length;
      this.owned = false;
      return;
    }
    if (!this.owned || this.end + chunk.length > this.bytes.length) this.move(chunk.length);
    chunk.copy(this.bytes, this.end);
    this.end += chunk.length;
  }

  private move(more: number): void {
    const { length } = this;
    const block = Buffer.alloc(Math.max((length + more) * 2, CAPACITY_BYTES_MIN));
    this.bytes.copy(block, 0, this.start, this.end);
    this.bytes = block;
    this.start = 0;
    this.end = length;
    this.owned = true;
  }
}
