/** A stored or received record that is not what its format says. The message names no content. */
export class MalformedRecord extends Error {
  constructor(reason: string) {
    super(`malformed record: ${reason}`);
    this.name = "MalformedRecord";
  }
}

/** Writes big-endian fields into one buffer that grows. Texts and byte strings carry their length in front. */
export class ByteWriter {
  private buffer: Buffer;
  private length = 0;

  /** The buffer is its own, so that `wipe` leaves nothing of a secret. */
  constructor(capacityBytes = 256, buffer = Buffer.allocUnsafeSlow(capacityBytes)) {
    this.buffer = buffer;
  }

  /** Faster, for what is no secret: the buffer is part of a shared slab. */
  static pooled(capacityBytes: number): ByteWriter {
    return new ByteWriter(capacityBytes, Buffer.allocUnsafe(capacityBytes));
  }

  byte(value: number): this {
    this.room(1);
    this.length = this.buffer.writeUInt8(value, this.length);
    return this;
  }

  /** 0 to 2^32 - 1. */
  uint32(value: number): this {
    this.room(4);
    this.length = this.buffer.writeUInt32BE(value, this.length);
    return this;
  }

  /** A safe integer of 0 or more, in 8 bytes. */
  integer(value: number): this {
    this.room(8);
    this.buffer.writeUInt32BE(Math.floor(value / 2 ** 32), this.length);
    this.length = this.buffer.writeUInt32BE(value % 2 ** 32, this.length + 4);
    return this;
  }

  /** The bytes alone: the reader must know how many. */
  raw(bytes: Buffer): this {
    this.room(bytes.length);
    bytes.copy(this.buffer, this.length);
    this.length += bytes.length;
    return this;
  }

  bytes(bytes: Buffer): this {
    return this.uint32(bytes.length).raw(bytes);
  }

  text(text: string): this {
    const size = Buffer.byteLength(text);
    this.uint32(size).room(size);
    this.length += this.buffer.write(text, this.length, "utf8");
    return this;
  }

  /** A present byte, then the field where there is one. */
  optional<Value>(value: Value | undefined, write: (value: Value) => void): this {
    this.byte(value === undefined ? 0 : 1);
    if (value !== undefined) write(value);
    return this;
  }

  /** What was written; later writes do not show in it. */
  finish(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  /** Overwrites everything written with zeros: for secrets, after they were sealed. */
  wipe(): void {
    this.buffer.fill(0);
  }

  private room(bytes: number): this {
    const needed = this.length + bytes;
    if (needed > this.buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
      this.buffer.copy(grown, 0, 0, this.length);
      this.buffer.fill(0);
      this.buffer = grown;
    }
    return this;
  }
}

/** Reads what `ByteWriter` wrote. Every method throws MalformedRecord at the end of the bytes. */
export class ByteReader {
  private offset = 0;

  constructor(private readonly buffer: Buffer) {}

  byte(): number {
    return this.raw(1).readUInt8(0);
  }

  uint32(): number {
    return this.raw(4).readUInt32BE(0);
  }

  integer(): number {
    const bytes = this.raw(8);
    const value = bytes.readUInt32BE(0) * 2 ** 32 + bytes.readUInt32BE(4);
    if (!Number.isSafeInteger(value)) throw new MalformedRecord("integer out of range");
    return value;
  }

  /** A view of the bytes, not a copy. */
  raw(count: number): Buffer {
    const end = this.offset + count;
    if (end > this.buffer.length) throw new MalformedRecord("too short");
    const bytes = this.buffer.subarray(this.offset, end);
    this.offset = end;
    return bytes;
  }

  bytes(): Buffer {
    return this.raw(this.uint32());
  }

  text(): string {
    return this.bytes().toString("utf8");
  }

  optional<Value>(read: () => Value): Value | undefined {
    const present = this.byte();
    if (present > 1) throw new MalformedRecord("bad presence byte");
    return present === 1 ? read() : undefined;
  }

  /** How often `read` can be called at most is bounded by the bytes that are there, one at least for each. */
  list<Value>(read: () => Value): Value[] {
    const count = this.uint32();
    if (count > this.buffer.length - this.offset) throw new MalformedRecord("list longer than the record");
    return Array.from({ length: count }, read);
  }

  /** Nothing may follow the last field. */
  end(): void {
    if (this.offset !== this.buffer.length) throw new MalformedRecord("bytes after the end");
  }
}
