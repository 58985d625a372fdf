import type { HttpFault } from "./fault";
import { fault } from "./fault";
import { FIELD_VALUE, TARGET, TOKEN_LOWER } from "./grammar";
import type { HeaderName } from "./header-names";
import { hashStep, headerNameOf } from "./header-names";
import type { HttpLimits } from "./limits";

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const SLASH = 0x2f;

const METHOD_BYTES_MAX = 16;
/** "HTTP/1." as bytes; the eighth byte of the version is its minor digit. */
const VERSION_PREFIX = Buffer.from("HTTP/1.");
const VERSION_BYTES = 8;
const VERSION_PATTERN = /^HTTP\/\d\.\d$/;

/** A request line and its header lines, each of them well-formed, not yet judged together. */
export interface RawHead {
  readonly method: string;
  readonly target: string;
  readonly versionMinor: 0 | 1;
  readonly names: readonly HeaderName[];
  readonly values: readonly string[];
  /** Offset of the first byte behind the empty line. */
  readonly end: number;
}

/** null: the bytes are a proper beginning and more are needed. */
type Step = HttpFault | null;

const BAD_LINE_END = fault(400, "a line of the request does not end with CRLF");
const BAD_HEADER = fault(400, "a header line is malformed");
const BAD_VALUE = fault(400, "a header value holds a control character");
const BAD_REQUEST_LINE = fault(400, "the request line is malformed");
const TOO_LONG_LINE = fault(414, "the request line is too long");
const TOO_LARGE_HEAD = fault(431, "the request header is too large");

/**
 * Reads one request head in a single pass over its bytes (RFC 9112 sections 2 to 5, without the leniencies it allows
 * a server: no bare LF, no folding, no blank before a colon, origin-form only). Reusable; holds no state between heads.
 */
export class HeadScanner {
  private bytes: Buffer = Buffer.alloc(0);
  private position = 0;
  private end = 0;
  private targetStart = 0;
  private targetEnd = 0;
  private versionMinor: 0 | 1 = 1;
  private names: HeaderName[] = [];
  private readonly valueStarts: number[] = [];
  private readonly valueEnds: number[] = [];

  constructor(private readonly limits: HttpLimits) {}

  /** Reads from `start`; bytes from `end` on are not there yet. */
  scan(bytes: Buffer, start: number, end: number): RawHead | HttpFault | null {
    this.bytes = bytes;
    this.end = end;
    this.position = start;
    const first = this.skipEmptyLine();
    if (first !== true) return first;
    const lineStart = this.position;
    const line = this.requestLine(lineStart);
    if (line !== true) return line;
    this.names = [];
    const block = this.headerLines(Math.min(end, start + this.limits.headBytesMax));
    if (block !== true) return block ?? (end - start >= this.limits.headBytesMax ? TOO_LARGE_HEAD : null);
    return this.collect(lineStart);
  }

  /** RFC 9112 2.2: one empty line before a request is ignored. */
  private skipEmptyLine(): Step | true {
    if (this.bytes[this.position] !== CR) return true;
    if (this.position + 2 > this.end) return null;
    if (this.bytes[this.position + 1] !== LF) return BAD_LINE_END;
    this.position += 2;
    return this.position < this.end ? true : null;
  }

  private requestLine(start: number): Step | true {
    const end = Math.min(this.end, start + this.limits.requestLineBytesMax);
    const step = this.methodAndTarget(start, end);
    if (step !== true) return step ?? this.moreOfLine(start);
    const versionStart = this.position;
    let position = versionStart;
    while (position < end && (this.bytes[position] ?? 0) > SPACE) position++;
    if (position + 1 >= end && (position >= end || this.bytes[position] === CR)) return this.moreOfLine(start);
    if (this.bytes[position] !== CR || this.bytes[position + 1] !== LF) return BAD_LINE_END;
    const version = this.version(versionStart, position);
    if (version !== null) return version;
    if (this.bytes[this.targetStart] !== SLASH) return fault(400, "the request target is not in origin form");
    this.position = position + 2;
    return true;
  }

  private moreOfLine(start: number): Step {
    return this.end - start >= this.limits.requestLineBytesMax ? TOO_LONG_LINE : null;
  }

  private methodAndTarget(start: number, end: number): Step | true {
    const { bytes } = this;
    let position = start;
    while (position < end && TOKEN_LOWER[bytes[position] ?? 0] !== 0) position++;
    if (position - start > METHOD_BYTES_MAX) return fault(501, "the method is not known");
    if (position >= end) return null;
    if (bytes[position] !== SPACE || position === start) return BAD_REQUEST_LINE;
    this.targetStart = ++position;
    while (position < end && TARGET[bytes[position] ?? 0] === 1) position++;
    if (position >= end) return null;
    if (bytes[position] !== SPACE || position === this.targetStart) return BAD_REQUEST_LINE;
    this.targetEnd = position;
    this.position = position + 1;
    return true;
  }

  private version(start: number, end: number): HttpFault | null {
    const minor = (this.bytes[start + VERSION_BYTES - 1] ?? 0) - 0x30;
    let known = end - start === VERSION_BYTES && (minor === 0 || minor === 1);
    for (let index = 0; known && index < VERSION_PREFIX.length; index++) {
      known = this.bytes[start + index] === VERSION_PREFIX[index];
    }
    if (known) {
      this.versionMinor = minor === 0 ? 0 : 1;
      return null;
    }
    const text = this.bytes.toString("latin1", start, Math.min(end, start + VERSION_BYTES + 1));
    return VERSION_PATTERN.test(text) ? fault(505, "the HTTP version is not supported") : BAD_REQUEST_LINE;
  }

  private headerLines(end: number): Step | true {
    for (;;) {
      if (this.position >= end) return null;
      if (this.bytes[this.position] === CR) return this.emptyLine(end);
      if (this.names.length >= this.limits.headerCountMax) return fault(431, "too many header lines");
      const step = this.headerLine(end);
      if (step !== true) return step;
    }
  }

  private emptyLine(end: number): Step | true {
    if (this.position + 1 >= end) return null;
    if (this.bytes[this.position + 1] !== LF) return BAD_LINE_END;
    this.position += 2;
    return true;
  }

  private headerLine(end: number): Step | true {
    const { bytes } = this;
    const nameStart = this.position;
    let position = nameStart;
    let hash = 0;
    for (; position < end; position++) {
      const lower = TOKEN_LOWER[bytes[position] ?? 0] ?? 0;
      if (lower === 0) break;
      hash = hashStep(hash, lower);
    }
    if (position >= end) return null;
    if (bytes[position] !== COLON || position === nameStart) return BAD_HEADER;
    const name = headerNameOf(bytes, nameStart, position, hash);
    position++;
    while (position < end && isBlank(bytes[position])) position++;
    const valueStart = position;
    while (position < end && FIELD_VALUE[bytes[position] ?? 0] === 1) position++;
    if (position >= end) return null;
    if (bytes[position] !== CR) return bytes[position] === LF ? BAD_LINE_END : BAD_VALUE;
    if (position + 1 >= end) return null;
    if (bytes[position + 1] !== LF) return BAD_LINE_END;
    this.position = position + 2;
    while (position > valueStart && isBlank(bytes[position - 1])) position--;
    const index = this.names.push(name) - 1;
    this.valueStarts[index] = valueStart;
    this.valueEnds[index] = position;
    return true;
  }

  /** One conversion to text for the whole head; the parts are slices of it. */
  private collect(start: number): RawHead {
    const text = this.bytes.toString("latin1", start, this.position);
    const { names } = this;
    const values: string[] = [];
    for (let index = 0; index < names.length; index++) {
      values.push(text.slice((this.valueStarts[index] ?? 0) - start, (this.valueEnds[index] ?? 0) - start));
    }
    return {
      method: text.slice(0, this.targetStart - 1 - start),
      // A text of its own: paths are kept (routes, leases), and a slice would keep the token beside it in memory.
      target: this.bytes.toString("latin1", this.targetStart, this.targetEnd),
      versionMinor: this.versionMinor,
      names,
      values,
      end: this.position,
    };
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}
