import { BodyBuffer } from "./body-buffer";
import { ChunkedBody } from "./chunked-body";
import type { HttpFault } from "./fault";
import { fault } from "./fault";
import type { Framing } from "./framing";
import { framingOf } from "./framing";
import type { RawHead } from "./head";
import { HeadScanner } from "./head";
import { HeaderList } from "./header-list";
import { InputBuffer } from "./input-buffer";
import type { HttpLimits } from "./limits";
import type { HttpConnection, HttpHeaders, HttpRequest } from "./message";

const LF = 0x0a;
const EMPTY = Buffer.alloc(0);
const TOO_LARGE_BODY = fault(413, "the request body is too large");

/** Bytes a route allows for its body; asked once for each request, when its head is complete. */
export type BodyBytesMax = (method: string, target: string) => number;

/** Where the reader stands: between requests, in a head, or in a body. */
export type ReaderPhase = "idle" | "head" | "body";

export class ParsedRequest implements HttpRequest {
  constructor(
    readonly method: string,
    readonly target: string,
    readonly versionMinor: 0 | 1,
    readonly headers: HttpHeaders,
    readonly body: Buffer,
    readonly connection: HttpConnection,
    /** Whether the client lets the connection stay open. */
    readonly keepAlive: boolean,
  ) {}
}

export function isFault(result: ParsedRequest | HttpFault | Framing | RawHead): result is HttpFault {
  return "reason" in result;
}

/** Bytes in, requests out, one at a time; knows no socket and no time. After a fault nothing more is read. */
export class RequestReader {
  private readonly input = new InputBuffer();
  private readonly scanner: HeadScanner;
  private head: RawHead | null = null;
  private framing: Framing | null = null;
  private bodyBytesMax = 0;
  private chunked: ChunkedBody | null = null;
  private sized: BodyBuffer | null = null;
  /** Bytes of an incomplete head that were searched already. */
  private searched = 0;
  private continueOwed = false;
  private faulty = false;

  constructor(
    private readonly limits: HttpLimits,
    private readonly bodyBytesMaxOf: BodyBytesMax,
    private readonly connection: HttpConnection,
  ) {
    this.scanner = new HeadScanner(limits);
  }

  get phase(): ReaderPhase {
    if (this.head !== null) return "body";
    return this.input.length > 0 ? "head" : "idle";
  }

  /** Bytes held that belong to no request yet. */
  get bufferedBytes(): number {
    return this.input.length;
  }

  /** Bytes of the current body that have arrived. */
  get bodyBytes(): number {
    return this.chunked?.length ?? this.sized?.length ?? 0;
  }

  /** True once for a request whose client waits for "100 Continue" before it sends the body. */
  takeContinue(): boolean {
    if (!this.continueOwed || this.bodyBytes > 0 || this.input.length > 0) return false;
    this.continueOwed = false;
    return true;
  }

  push(chunk: Buffer): void {
    if (!this.faulty) this.input.append(chunk);
  }

  /** The next request, a fault, or null while more bytes are needed. */
  read(): ParsedRequest | HttpFault | null {
    if (this.faulty) return null;
    const result = this.head === null ? this.readHead() : this.readBody();
    if (result !== null && isFault(result)) this.faulty = true;
    return result;
  }

  private readHead(): ParsedRequest | HttpFault | null {
    const { input } = this;
    if (input.length === 0 || !this.worthScanning()) return null;
    const head = this.scanner.scan(input.bytes, input.start, input.end);
    if (head === null) {
      this.searched = input.length;
      return null;
    }
    this.searched = 0;
    if (isFault(head)) return head;
    const framing = framingOf(head);
    if (isFault(framing)) return framing;
    input.start = head.end;
    return this.beginBody(head, framing);
  }

  /** An incomplete head is scanned again only when a line ended or a limit is met: no quadratic work for drips. */
  private worthScanning(): boolean {
    const { input, limits, searched } = this;
    if (searched === 0) return true;
    this.searched = input.length;
    if (input.length >= limits.headBytesMax) return true;
    if (searched < limits.requestLineBytesMax && input.length >= limits.requestLineBytesMax) return true;
    const lineEnd = input.bytes.indexOf(LF, input.start + searched);
    return lineEnd >= 0 && lineEnd < input.end;
  }

  private beginBody(head: RawHead, framing: Framing): ParsedRequest | HttpFault | null {
    const { contentLength } = framing;
    if (contentLength === 0) return this.request(head, framing, EMPTY);
    this.bodyBytesMax = Math.min(this.bodyBytesMaxOf(head.method, head.target), this.limits.bodyBytesMax);
    if (contentLength > this.bodyBytesMax) return TOO_LARGE_BODY;
    const { input } = this;
    if (contentLength > 0 && input.length >= contentLength) {
      const body = input.bytes.subarray(input.start, input.start + contentLength);
      input.start += contentLength;
      return this.request(head, framing, body);
    }
    this.head = head;
    this.framing = framing;
    this.continueOwed = framing.expectsContinue;
    if (contentLength < 0) this.chunked = new ChunkedBody(this.limits, this.bodyBytesMax);
    else this.sized = new BodyBuffer();
    return this.readBody();
  }

  private readBody(): ParsedRequest | HttpFault | null {
    const { head, framing } = this;
    if (head === null || framing === null) return null;
    const body = this.chunked !== null ? this.readChunked(this.chunked) : this.readSized(framing.contentLength);
    if (body === null || !Buffer.isBuffer(body)) return body;
    this.head = null;
    this.framing = null;
    this.chunked = null;
    this.sized = null;
    this.searched = 0;
    return this.request(head, framing, body);
  }

  private readChunked(chunked: ChunkedBody): Buffer | HttpFault | null {
    const { input } = this;
    const next = chunked.take(input.bytes, input.start, input.end);
    if (typeof next !== "number") return next;
    input.start = next;
    return chunked.done ? chunked.finish() : null;
  }

  private readSized(contentLength: number): Buffer | null {
    const { input, sized } = this;
    if (sized === null) return null;
    const taken = Math.min(contentLength - sized.length, input.length);
    sized.append(input.bytes, input.start, input.start + taken);
    input.start += taken;
    return sized.length === contentLength ? sized.finish() : null;
  }

  private request(head: RawHead, framing: Framing, body: Buffer): ParsedRequest {
    const { method, target, versionMinor, names, values } = head;
    const headers = new HeaderList(names, values);
    return new ParsedRequest(method, target, versionMinor, headers, body, this.connection, framing.keepAlive);
  }
}
