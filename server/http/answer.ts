import { consistsOf, FIELD_VALUE, TOKEN_LOWER } from "./grammar";
import type { HttpAnswer } from "./message";

/** What the request decides about its answer. */
export interface AnswerContext {
  readonly head: boolean;
  readonly versionMinor: 0 | 1;
  /** Whether the connection stays open behind this answer. */
  readonly keepAlive: boolean;
}

export type HeaderLine = readonly [name: string, value: string];

/** One year, as Vault sends it by default. */
export const STANDARD_HEADERS: readonly HeaderLine[] = [
  ["Strict-Transport-Security", "max-age=31536000; includeSubDomains"],
];

const CONTENT_TYPE_DEFAULT = "application/json";
const CACHE_CONTROL_DEFAULT = "no-store";
/** Names that decide where a message ends, or that only the codec knows. */
const OWNED_NAMES = new Set(["content-length", "transfer-encoding", "connection", "keep-alive", "date", "trailer"]);
/** Bodies up to here leave as text, one character for each byte, behind their head. */
const TEXT_BYTES_MAX = 16 * 1024;
const STATUS_MIN = 200;
const STATUS_MAX = 599;
/** RFC 9110 section 15 and two of Vault's own. A status without a row has an empty reason, which is legal. */
const REASONS = new Map([
  [200, "OK"],
  [201, "Created"],
  [202, "Accepted"],
  [204, "No Content"],
  [206, "Partial Content"],
  [301, "Moved Permanently"],
  [302, "Found"],
  [304, "Not Modified"],
  [307, "Temporary Redirect"],
  [308, "Permanent Redirect"],
  [400, "Bad Request"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [408, "Request Timeout"],
  [409, "Conflict"],
  [412, "Precondition Failed"],
  [413, "Content Too Large"],
  [414, "URI Too Long"],
  [415, "Unsupported Media Type"],
  [417, "Expectation Failed"],
  [422, "Unprocessable Content"],
  [429, "Too Many Requests"],
  [431, "Request Header Fields Too Large"],
  [472, "DR Secondary"],
  [473, "Performance Standby"],
  [500, "Internal Server Error"],
  [501, "Not Implemented"],
  [502, "Bad Gateway"],
  [503, "Service Unavailable"],
  [504, "Gateway Timeout"],
  [505, "HTTP Version Not Supported"],
  [507, "Insufficient Storage"],
]);

/** Turns answers into bytes. The part of the head that depends on the status alone is built once for each status. */
export class AnswerWriter {
  private readonly prefixes = new Map<number, string>();
  private readonly standardBlock: string;
  private dateLine = "";

  constructor(standardHeaders: readonly HeaderLine[] = STANDARD_HEADERS) {
    this.standardBlock = headerBlock(standardHeaders);
  }

  /** Called about once a second: a clock reading for each answer would cost more than the answer's head. */
  setTime(nowMilliseconds: number): void {
    this.dateLine = `Date: ${new Date(nowMilliseconds).toUTCString()}\r\n`;
  }

  /** A string is to be written as latin1. Throws when the handler made an answer HTTP cannot carry. */
  encode(answer: HttpAnswer, context: AnswerContext): string | Buffer {
    const { body = "" } = answer;
    const bodiless = answer.status === 204 || answer.status === 304;
    const bodyBytes = typeof body === "string" ? Buffer.byteLength(body) : body.length;
    let head = this.prefix(answer) + this.dateLine;
    if (answer.headers !== undefined) head += headerBlock(answer.headers);
    if (!context.keepAlive) head += "Connection: close\r\n";
    else if (context.versionMinor === 0) head += "Connection: keep-alive\r\n";
    head += bodiless ? "\r\n" : `Content-Length: ${bodyBytes}\r\n\r\n`;
    if (bodiless || context.head || bodyBytes === 0) return head;
    // As many bytes as UTF-16 units means ASCII, which latin1 writes without a conversion.
    if (typeof body === "string" && bodyBytes === body.length) return head + body;
    // A buffer of its own for each small answer would cost more than the rest of the codec.
    if (bodyBytes <= TEXT_BYTES_MAX)
      return head + (typeof body === "string" ? Buffer.from(body) : body).toString("latin1");
    return join(head, body, bodyBytes);
  }

  private prefix(answer: HttpAnswer): string {
    const { status, contentType, cacheControl } = answer;
    if (contentType !== undefined || cacheControl !== undefined) return this.buildPrefix(answer);
    const known = this.prefixes.get(status);
    if (known !== undefined) return known;
    const built = this.buildPrefix(answer);
    this.prefixes.set(status, built);
    return built;
  }

  private buildPrefix(answer: HttpAnswer): string {
    const { status } = answer;
    if (!Number.isInteger(status) || status < STATUS_MIN || status > STATUS_MAX) {
      throw new RangeError("the status of an answer is out of range");
    }
    const text = REASONS.get(status) ?? "";
    const own = headerBlock([
      ["Content-Type", answer.contentType ?? CONTENT_TYPE_DEFAULT],
      ["Cache-Control", answer.cacheControl ?? CACHE_CONTROL_DEFAULT],
    ]);
    return `HTTP/1.1 ${status} ${text}\r\n${own}${this.standardBlock}`;
  }
}

/** Refuses what would let a value break out of its line. */
function headerBlock(lines: readonly HeaderLine[]): string {
  let block = "";
  for (const [name, value] of lines) {
    if (name === "" || !isToken(name) || OWNED_NAMES.has(name.toLowerCase())) {
      throw new TypeError("an answer has a header name that is not allowed");
    }
    if (!consistsOf(value, FIELD_VALUE)) throw new TypeError("an answer has a malformed header value");
    block += `${name}: ${value}\r\n`;
  }
  return block;
}

function isToken(name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    if ((TOKEN_LOWER[name.charCodeAt(index)] ?? 0) === 0) return false;
  }
  return true;
}

function join(head: string, body: string | Buffer, bodyBytes: number): Buffer {
  const message = Buffer.alloc(head.length + bodyBytes);
  message.write(head, "latin1");
  if (typeof body === "string") message.write(body, head.length, "utf8");
  else body.copy(message, head.length);
  return message;
}
