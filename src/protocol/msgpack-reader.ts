import { CodecError } from "./codec-error";

/** One MessagePack item. Arrays and maps give only their count: the items follow. */
export type Token =
  | { readonly kind: "nil" }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "integer"; readonly value: bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly bytes: Buffer }
  | { readonly kind: "binary"; readonly bytes: Buffer }
  | { readonly kind: "array"; readonly count: number }
  | { readonly kind: "map"; readonly count: number }
  | { readonly kind: "extension"; readonly code: number; readonly bytes: Buffer };

const NIL: Token = { kind: "nil" };
const TRUE: Token = { kind: "boolean", value: true };
const FALSE: Token = { kind: "boolean", value: false };

/** Reads MessagePack item by item. Never reads beyond its bytes, and no count in the input makes it allocate. */
export class MsgpackReader {
  #offset = 0;

  constructor(readonly bytes: Buffer) {}

  get atEnd(): boolean {
    return this.#offset === this.bytes.length;
  }

  peekIsNil(): boolean {
    return this.bytes[this.#offset] === 0xc0;
  }

  next(): Token {
    const first = this.#unsigned(1);
    if (first <= 0x7f) return { kind: "integer", value: BigInt(first) };
    if (first >= 0xe0) return { kind: "integer", value: BigInt(first - 0x100) };
    if (first <= 0x8f) return this.#collection("map", first & 0x0f);
    if (first <= 0x9f) return this.#collection("array", first & 0x0f);
    if (first <= 0xbf) return { kind: "string", bytes: this.#take(first & 0x1f) };
    return this.#tagged(first);
  }

  #tagged(first: number): Token {
    switch (first) {
      case 0xc0:
        return NIL;
      case 0xc2:
        return FALSE;
      case 0xc3:
        return TRUE;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return { kind: "binary", bytes: this.#take(this.#unsigned(1 << (first - 0xc4))) };
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#unsigned(1 << (first - 0xc7)));
      case 0xca:
        return { kind: "float", value: this.#take(4).readFloatBE(0) };
      case 0xcb:
        return { kind: "float", value: this.#take(8).readDoubleBE(0) };
      case 0xd9:
      case 0xda:
      case 0xdb:
        return { kind: "string", bytes: this.#take(this.#unsigned(1 << (first - 0xd9))) };
      case 0xdc:
      case 0xdd:
        return this.#collection("array", this.#unsigned(first === 0xdc ? 2 : 4));
      case 0xde:
      case 0xdf:
        return this.#collection("map", this.#unsigned(first === 0xde ? 2 : 4));
      default:
        return this.#integerOrFixedExtension(first);
    }
  }

  #integerOrFixedExtension(first: number): Token {
    if (first >= 0xcc && first <= 0xce) return { kind: "integer", value: BigInt(this.#unsigned(1 << (first - 0xcc))) };
    if (first === 0xcf) return { kind: "integer", value: this.#take(8).readBigUInt64BE(0) };
    if (first >= 0xd0 && first <= 0xd2) {
      const size = 1 << (first - 0xd0);
      return { kind: "integer", value: BigInt(this.#take(size).readIntBE(0, size)) };
    }
    if (first === 0xd3) return { kind: "integer", value: this.#take(8).readBigInt64BE(0) };
    if (first >= 0xd4 && first <= 0xd8) return this.#extension(1 << (first - 0xd4));
    throw new CodecError("not MessagePack");
  }

  #extension(size: number): Token {
    const code = this.#take(1).readInt8(0);
    return { kind: "extension", code, bytes: this.#take(size) };
  }

  #collection(kind: "array" | "map", count: number): Token {
    // Every item takes at least one byte, so a larger count is a lie.
    if (count > this.bytes.length - this.#offset) throw new CodecError("MessagePack ends too early");
    return { kind, count };
  }

  #unsigned(size: number): number {
    return this.#take(size).readUIntBE(0, size);
  }

  #take(size: number): Buffer {
    const end = this.#offset + size;
    if (end > this.bytes.length) throw new CodecError("MessagePack ends too early");
    const taken = this.bytes.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }
}
