import { BodyBuffer } from "./body-buffer";
import type { HttpFault } from "./fault";
import { fault } from "./fault";
import { FIELD_VALUE, HEX_VALUE, TOKEN_LOWER } from "./grammar";
import type { HttpLimits } from "./limits";

const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const SIZE_DIGITS_MAX = 8;

type State =
  | "size"
  | "extension"
  | "sizeEnd"
  | "data"
  | "dataCr"
  | "dataLf"
  | "trailerStart"
  | "trailerName"
  | "trailerValue"
  | "trailerEnd"
  | "end"
  | "done";

const BAD_CHUNK = fault(400, "the chunked body is malformed");
const BAD_TRAILER = fault(400, "the trailer section is malformed");

/** The chunked coding (RFC 9112 7.1), strict: CRLF only, extensions and trailers bounded, checked and dropped. */
export class ChunkedBody {
  private readonly body = new BodyBuffer();
  private state: State = "size";
  private size = 0;
  private sizeDigits = 0;
  private extensionBytes = 0;
  private trailerBytes = 0;

  constructor(
    private readonly limits: HttpLimits,
    private readonly bodyBytesMax: number,
  ) {}

  get length(): number {
    return this.body.length;
  }

  get done(): boolean {
    return this.state === "done";
  }

  finish(): Buffer {
    return this.body.finish();
  }

  /** Takes bytes[start, end) and returns the offset behind the last byte of this message, or a fault. */
  take(bytes: Buffer, start: number, end: number): number | HttpFault {
    let position = start;
    while (position < end && this.state !== "done") {
      if (this.state === "data") {
        position += this.data(bytes, position, end);
        continue;
      }
      const refusal = this.byte(bytes[position++] ?? 0);
      if (refusal !== null) return refusal;
    }
    return position;
  }

  private data(bytes: Buffer, start: number, end: number): number {
    const length = Math.min(this.size, end - start);
    this.body.append(bytes, start, start + length);
    this.size -= length;
    if (this.size === 0) this.state = "dataCr";
    return length;
  }

  private byte(byte: number): HttpFault | null {
    switch (this.state) {
      case "size":
        return this.sizeByte(byte);
      case "extension":
        return this.extensionByte(byte);
      case "sizeEnd":
        return byte === LF ? this.sizeRead() : BAD_CHUNK;
      case "dataCr":
        return this.expect(byte === CR, "dataLf");
      case "dataLf":
        return this.expect(byte === LF, "size");
      case "end":
        return this.expect(byte === LF, "done");
      default:
        return this.trailerByte(byte);
    }
  }

  private expect(met: boolean, next: State): HttpFault | null {
    if (!met) return BAD_CHUNK;
    this.state = next;
    return null;
  }

  private sizeByte(byte: number): HttpFault | null {
    const digit = HEX_VALUE[byte] ?? 255;
    if (digit !== 255) {
      this.size = this.size * 16 + digit;
      return ++this.sizeDigits > SIZE_DIGITS_MAX ? BAD_CHUNK : null;
    }
    if (this.sizeDigits === 0) return BAD_CHUNK;
    if (byte === SEMICOLON) return this.expect(true, "extension");
    return this.expect(byte === CR, "sizeEnd");
  }

  private extensionByte(byte: number): HttpFault | null {
    if (byte === CR) return this.expect(true, "sizeEnd");
    if (FIELD_VALUE[byte] !== 1) return BAD_CHUNK;
    return ++this.extensionBytes > this.limits.chunkExtensionBytesMax ? BAD_CHUNK : null;
  }

  private sizeRead(): HttpFault | null {
    this.sizeDigits = 0;
    if (this.body.length + this.size > this.bodyBytesMax) return fault(413, "the request body is too large");
    this.state = this.size === 0 ? "trailerStart" : "data";
    return null;
  }

  private trailerByte(byte: number): HttpFault | null {
    if (++this.trailerBytes > this.limits.trailerBytesMax) return fault(431, "the trailer section is too large");
    if (this.state === "trailerStart" && byte === CR) return this.expect(true, "end");
    if (this.state === "trailerEnd") return byte === LF ? this.expect(true, "trailerStart") : BAD_TRAILER;
    if (this.state === "trailerValue") {
      if (byte === CR) return this.expect(true, "trailerEnd");
      return FIELD_VALUE[byte] === 1 ? null : BAD_TRAILER;
    }
    if (this.state === "trailerName" && byte === COLON) return this.expect(true, "trailerValue");
    return TOKEN_LOWER[byte] === 0 ? BAD_TRAILER : this.expect(true, "trailerName");
  }
}
