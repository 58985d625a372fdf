/** The frame is not what its type says. The sender is broken or hostile: the channel is dropped. */
export class MalformedFrame extends Error {
  constructor(what: string) {
    super(`malformed frame: ${what}`);
    this.name = "MalformedFrame";
  }
}

const FIRST_CHUNK_BYTES = 512;
const CHUNK_BYTES_MAX = 64 * 1024;
/** Longer byte strings are kept as they are until the end: one copy instead of two. */
const COPIED_BYTES_MAX = 1024;

/** Puts numbers, bytes and text behind each other: unsigned LEB128 numbers, lengths before bytes. */
export class WireWriter {
  /** Full chunks, and long byte strings by reference: they must not change before `finish`. */
  private readonly parts: Buffer[] = [];
  private partBytes = 0;
  private chunk: Buffer;
  private used = 0;

  /** @param expectedBytes about how much will be written */
  constructor(expectedBytes = FIRST_CHUNK_BYTES) {
    this.chunk = Buffer.allocUnsafe(Math.min(expectedBytes, CHUNK_BYTES_MAX));
  }

  get lengthBytes(): number {
    return this.partBytes + this.used;
  }

  /** An integer of at most 2^53-1. */
  number(value: number): this {
    this.room(8);
    let rest = value;
    while (rest >= 0x80) {
      this.chunk[this.used++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.chunk[this.used++] = rest;
    return this;
  }

  /** Bytes whose number both sides know. */
  fixed(value: Buffer): this {
    if (value.length > COPIED_BYTES_MAX) {
      this.closeChunk();
      this.keep(value);
      return this;
    }
    this.room(value.length);
    this.used += value.copy(this.chunk, this.used);
    return this;
  }

  buffer(value: Buffer): this {
    return this.number(value.length).fixed(value);
  }

  text(value: string): this {
    const length = Buffer.byteLength(value);
    if (length > COPIED_BYTES_MAX) return this.buffer(Buffer.from(value));
    this.number(length).room(length);
    this.used += this.chunk.write(value, this.used, "utf8");
    return this;
  }

  finish(): Buffer {
    const last = this.chunk.subarray(0, this.used);
    return this.parts.length === 0 ? last : Buffer.concat([...this.parts, last], this.lengthBytes);
  }

  private room(bytes: number): void {
    if (this.used + bytes <= this.chunk.length) return;
    const next = Math.min(CHUNK_BYTES_MAX, this.chunk.length * 4);
    this.keep(this.chunk.subarray(0, this.used));
    this.chunk = Buffer.allocUnsafe(Math.max(bytes, next));
    this.used = 0;
  }

  /** What is left of the chunk goes on being written behind the part that stands in between. */
  private closeChunk(): void {
    this.keep(this.chunk.subarray(0, this.used));
    this.chunk = this.chunk.subarray(this.used);
    this.used = 0;
  }

  private keep(part: Buffer): void {
    this.parts.push(part);
    this.partBytes += part.length;
  }
}

/** Reads what `WireWriter` wrote. Never reads beyond the frame; every count is checked against the bytes that are left. */
export class WireReader {
  private offset: number;

  constructor(
    private readonly frame: Buffer,
    startOffset = 0,
  ) {
    this.offset = startOffset;
  }

  number(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 8; count += 1) {
      const byte = this.frame[this.offset];
      if (byte === undefined) throw new MalformedFrame("number is cut off");
      this.offset += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return this.safe(value);
      scale *= 0x80;
    }
    throw new MalformedFrame("number is too long");
  }

  fixed(count: number): Buffer {
    const end = this.offset + count;
    if (end > this.frame.length) throw new MalformedFrame("bytes are cut off");
    const value = this.frame.subarray(this.offset, end);
    this.offset = end;
    return value;
  }

  buffer(): Buffer {
    return this.fixed(this.number());
  }

  /** @throws MalformedFrame for what is not UTF-8 */
  text(): string {
    const bytes = this.buffer();
    const value = bytes.toString();
    if (Buffer.byteLength(value) !== bytes.length) throw new MalformedFrame("text is not UTF-8");
    return value;
  }

  /** How many items follow; each takes at least `itemBytesMin` bytes, so the count cannot promise more than is there. */
  count(itemBytesMin: number): number {
    const value = this.number();
    if (value * itemBytesMin > this.frame.length - this.offset) throw new MalformedFrame("count is too high");
    return value;
  }

  finish(): void {
    if (this.offset !== this.frame.length) throw new MalformedFrame("bytes are left over");
  }

  private safe(value: number): number {
    if (!Number.isSafeInteger(value)) throw new MalformedFrame("number is too large");
    return value;
  }
}
