import { WIRE_TYPE } from "./protobuf-writer";

/** Bytes that are not the message they should be. */
export class ProtobufError extends Error {
  override readonly name = "ProtobufError";
}

/** Reads protobuf's wire format. Never reads beyond its bytes. */
export class ProtobufReader {
  #offset = 0;

  constructor(readonly source: Buffer) {}

  get atEnd(): boolean {
    return this.#offset >= this.source.length;
  }

  tag(): { readonly field: number; readonly wireType: number } {
    const tag = Number(this.varint());
    const field = Math.floor(tag / 8);
    if (field < 1 || field > 536_870_911) throw new ProtobufError("bad field number");
    return { field, wireType: tag % 8 };
  }

  /** The 64 bits as an unsigned number. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.source[this.#offset];
      if (byte === undefined) throw new ProtobufError("message ends too early");
      this.#offset += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError("varint too long");
  }

  bytes(): Buffer {
    return this.#take(Number(this.varint()));
  }

  skip(wireType: number): void {
    if (wireType === WIRE_TYPE.varint) this.varint();
    else if (wireType === WIRE_TYPE.fixed64) this.#take(8);
    else if (wireType === WIRE_TYPE.bytes) this.bytes();
    else if (wireType === WIRE_TYPE.fixed32) this.#take(4);
    else throw new ProtobufError("unsupported wire type");
  }

  #take(size: number): Buffer {
    const end = this.#offset + size;
    if (end > this.source.length) throw new ProtobufError("message ends too early");
    const taken = this.source.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }
}
