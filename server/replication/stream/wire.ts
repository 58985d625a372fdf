/** The frame is not what its type says. The sender is broken or hostile: the channel is dropped. */
export class MalformedFrame extends Error {
  constructor(what: string) {
    super(`malformed frame: ${what}`);
    this.name = "MalformedFrame";
  }
}

/** Puts numbers, bytes and text behind each other: unsigned LEB128 numbers, lengths before bytes. */
export class WireWriter {
  private readonly parts: Buffer[] = [];
  private bytes = 0;

  get lengthBytes(): number {
    return this.bytes;
  }

  /** An integer of at most 2^53-1. */
  number(value: number): this {
    const encoded: number[] = [];
    let rest = value;
    while (rest >= 0x80) {
      encoded.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    encoded.push(rest);
    return this.fixed(Buffer.from(encoded));
  }

  /** Bytes whose number both sides know. */
  fixed(value: Buffer): this {
    this.parts.push(value);
    this.bytes += value.length;
    return this;
  }

  buffer(value: Buffer): this {
    return this.number(value.length).fixed(value);
  }

  text(value: string): this {
    return this.buffer(Buffer.from(value));
  }

  finish(): Buffer {
    return Buffer.concat(this.parts, this.bytes);
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
