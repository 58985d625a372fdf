const INITIAL_BYTES = 256;

interface SizedHeader {
  /** Largest count that is packed into the first byte, and that byte. */
  readonly tinyMax: number;
  readonly tiny: number;
  readonly one?: number;
  readonly two: number;
  readonly four: number;
}

const STRING: SizedHeader = { tinyMax: 31, tiny: 0xa0, one: 0xd9, two: 0xda, four: 0xdb };
const BINARY: SizedHeader = { tinyMax: -1, tiny: 0, one: 0xc4, two: 0xc5, four: 0xc6 };
const ARRAY: SizedHeader = { tinyMax: 15, tiny: 0x90, two: 0xdc, four: 0xdd };
const MAP: SizedHeader = { tinyMax: 15, tiny: 0x80, two: 0xde, four: 0xdf };

/** Writes MessagePack into one growing buffer. */
export class MsgpackWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #length = 0;

  finish(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#length));
  }

  nil(): void {
    this.#byte(0xc0);
  }

  boolean(value: boolean): void {
    this.#byte(value ? 0xc3 : 0xc2);
  }

  float(value: number): void {
    this.#byte(0xcb);
    this.#length = this.#reserve(8).writeDoubleBE(value, this.#length);
  }

  /** The shortest integer form. `value` is in the range of int64. */
  integer(value: bigint): void {
    if (value >= -32n && value < 128n) this.#byte(Number(BigInt.asUintN(8, value)));
    else if (value >= 0n) this.#positive(value);
    else this.#negative(value);
  }

  string(value: string): void {
    const bytes = Buffer.byteLength(value);
    this.#header(STRING, bytes);
    this.#length += this.#reserve(bytes).write(value, this.#length);
  }

  binary(value: Buffer): void {
    this.#header(BINARY, value.length);
    this.raw(value);
  }

  arrayHeader(count: number): void {
    this.#header(ARRAY, count);
  }

  mapHeader(count: number): void {
    this.#header(MAP, count);
  }

  extension(code: number, payload: Buffer): void {
    const fixed = [1, 2, 4, 8, 16].indexOf(payload.length);
    if (fixed >= 0) this.#byte(0xd4 + fixed);
    else {
      if (payload.length > 0xff) throw new RangeError("extension payload too long");
      this.#byte(0xc7);
      this.#byte(payload.length);
    }
    this.#byte(code);
    this.raw(payload);
  }

  raw(bytes: Buffer): void {
    this.#reserve(bytes.length).set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #positive(value: bigint): void {
    if (value <= 0xffn) {
      this.#byte(0xcc);
      this.#byte(Number(value));
    } else if (value <= 0xffffn) {
      this.#byte(0xcd);
      this.#length = this.#reserve(2).writeUInt16BE(Number(value), this.#length);
    } else if (value <= 0xffffffffn) {
      this.#byte(0xce);
      this.#length = this.#reserve(4).writeUInt32BE(Number(value), this.#length);
    } else {
      this.#byte(0xcf);
      this.#length = this.#reserve(8).writeBigUInt64BE(value, this.#length);
    }
  }

  #negative(value: bigint): void {
    if (value >= -0x80n) {
      this.#byte(0xd0);
      this.#length = this.#reserve(1).writeInt8(Number(value), this.#length);
    } else if (value >= -0x8000n) {
      this.#byte(0xd1);
      this.#length = this.#reserve(2).writeInt16BE(Number(value), this.#length);
    } else if (value >= -0x80000000n) {
      this.#byte(0xd2);
      this.#length = this.#reserve(4).writeInt32BE(Number(value), this.#length);
    } else {
      this.#byte(0xd3);
      this.#length = this.#reserve(8).writeBigInt64BE(value, this.#length);
    }
  }

  #header(header: SizedHeader, count: number): void {
    if (count <= header.tinyMax) this.#byte(header.tiny | count);
    else if (header.one !== undefined && count <= 0xff) {
      this.#byte(header.one);
      this.#byte(count);
    } else if (count <= 0xffff) {
      this.#byte(header.two);
      this.#length = this.#reserve(2).writeUInt16BE(count, this.#length);
    } else {
      this.#byte(header.four);
      this.#length = this.#reserve(4).writeUInt32BE(count, this.#length);
    }
  }

  #byte(value: number): void {
    this.#length = this.#reserve(1).writeUInt8(value, this.#length);
  }

  #reserve(bytes: number): Buffer {
    const needed = this.#length + bytes;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    return this.#buffer;
  }
}
