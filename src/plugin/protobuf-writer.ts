const INITIAL_BYTES = 256;

export const WIRE_TYPE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Writes protobuf's wire format into one growing buffer. */
export class ProtobufWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #length = 0;

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  tag(field: number, wireType: number): void {
    this.varint(BigInt(field * 8 + wireType));
  }

  /** Negative numbers take ten bytes, as int64 and enum have it. */
  varint(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    do {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      this.#reserve(1)[this.#length] = rest === 0n ? low : low | 0x80;
      this.#length += 1;
    } while (rest !== 0n);
  }

  bytes(value: Buffer): void {
    this.varint(BigInt(value.length));
    this.#reserve(value.length).set(value, this.#length);
    this.#length += value.length;
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
