import type { HttpFault } from "./fault";
import { fault } from "./fault";
import { consistsOf, HOST } from "./grammar";
import type { RawHead } from "./head";

/** How the body is delimited and what the connection does afterwards (RFC 9112 sections 6 and 9). */
export interface Framing {
  /** Bytes of the body; -1 for the chunked coding. */
  readonly contentLength: number;
  readonly keepAlive: boolean;
  readonly expectsContinue: boolean;
}

const CONTENT_LENGTH_PATTERN = /^\d{1,15}$/;
const BEARER = "bearer ";

const NO_BODY_OPEN: Framing = Object.freeze({ contentLength: 0, keepAlive: true, expectsContinue: false });

/** Judges all header lines together; any doubt about where the request ends is a fault. */
export function framingOf(head: RawHead): Framing | HttpFault {
  const lines = new FramingLines();
  for (let index = 0; index < head.names.length; index++) {
    const name = head.names[index];
    if (name === undefined || (!name.singular && name.role === "none")) continue;
    if (name.singular && repeated(head, index)) return fault(400, "a header that may occur once is repeated");
    const refusal = lines.take(name.role, head.values[index] ?? "");
    if (refusal !== null) return refusal;
  }
  return lines.judge(head.versionMinor);
}

function repeated(head: RawHead, index: number): boolean {
  const name = head.names[index]?.name;
  for (let earlier = 0; earlier < index; earlier++) {
    if (head.names[earlier]?.name === name) return true;
  }
  return false;
}

class FramingLines {
  private host = false;
  private contentLength = 0;
  private hasLength = false;
  private chunked = false;
  private close = false;
  private keep = false;
  private expectsContinue = false;
  private token: string | undefined;
  private bearer: string | undefined;

  take(role: RawHead["names"][number]["role"], value: string): HttpFault | null {
    switch (role) {
      case "none":
        return null;
      case "host":
        this.host = true;
        return consistsOf(value, HOST) ? null : fault(400, "the Host header is malformed");
      case "content-length":
        return this.length(value);
      case "transfer-encoding":
        return this.coding(value);
      case "connection":
        return this.connection(value);
      case "expect":
        return this.expect(value);
      case "token":
        this.token = value;
        return null;
      case "authorization":
        this.bearer = bearerOf(value);
        return null;
    }
  }

  judge(versionMinor: 0 | 1): Framing | HttpFault {
    if (!this.host && versionMinor === 1) return fault(400, "the Host header is missing");
    if (this.chunked && this.hasLength) return fault(400, "both Content-Length and Transfer-Encoding are given");
    if (this.chunked && versionMinor === 0) return fault(400, "Transfer-Encoding is not part of HTTP/1.0");
    if (this.token !== undefined && this.bearer !== undefined && this.token !== this.bearer) {
      return fault(400, "X-Vault-Token and Authorization name different tokens");
    }
    const keepAlive = !this.close && (versionMinor === 1 || this.keep);
    if (keepAlive && !this.chunked && this.contentLength === 0) return NO_BODY_OPEN;
    const contentLength = this.chunked ? -1 : this.contentLength;
    // RFC 9110 10.1.1: an expectation in an HTTP/1.0 request is ignored.
    return { contentLength, keepAlive, expectsContinue: this.expectsContinue && versionMinor === 1 };
  }

  private length(value: string): HttpFault | null {
    if (!CONTENT_LENGTH_PATTERN.test(value)) return fault(400, "the Content-Length header is malformed");
    this.contentLength = Number(value);
    this.hasLength = true;
    return null;
  }

  private coding(value: string): HttpFault | null {
    if (value.toLowerCase() !== "chunked") {
      const chunkedTwice = /chunked.*chunked/i.test(value);
      return chunkedTwice || value === ""
        ? fault(400, "the Transfer-Encoding header is malformed")
        : fault(501, "the transfer coding is not supported");
    }
    this.chunked = true;
    return null;
  }

  private connection(value: string): null {
    for (const option of value.toLowerCase().split(",")) {
      const word = option.trim();
      if (word === "close") this.close = true;
      if (word === "keep-alive") this.keep = true;
    }
    return null;
  }

  private expect(value: string): HttpFault | null {
    if (value.toLowerCase() !== "100-continue") return fault(417, "the expectation cannot be met");
    this.expectsContinue = true;
    return null;
  }
}

/** The credential of the Bearer scheme, whose name is case-insensitive; undefined for other schemes. */
export function bearerOf(authorization: string): string | undefined {
  if (authorization.length < BEARER.length || authorization.slice(0, BEARER.length).toLowerCase() !== BEARER) {
    return undefined;
  }
  return authorization.slice(BEARER.length).trim();
}
