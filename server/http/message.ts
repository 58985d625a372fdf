/**
 * The two messages that cross the border between the HTTP codec and the pipeline.
 * Everything in here was checked by the codec: a request that reaches a handler is unambiguous (RFC 9112).
 */

/** Request headers in the order of arrival. Names are lower case; values are latin1 text without surrounding blanks. */
export interface HttpHeaders {
  /** How many header lines arrived. */
  readonly size: number;
  /** The value; several lines of one name are joined with ", " (RFC 9110 5.3). */
  get(nameLowerCase: string): string | undefined;
  /** Every value of the name, one for each line. */
  all(nameLowerCase: string): readonly string[];
  entries(): IterableIterator<readonly [name: string, value: string]>;
}

/** Facts about the connection a request came over. */
export interface HttpConnection {
  /** Numeric address without brackets; an IPv4 address mapped into IPv6 is given as IPv4. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** True over TLS. */
  readonly secure: boolean;
  /** DER certificates the client proved to hold, leaf first; empty without TLS or without a client certificate. */
  peerCertificateChain(): readonly Buffer[];
  /** Aborts when the connection closes. Created at first use, so that the common request does not pay for it. */
  readonly signal: AbortSignal;
}

export interface HttpRequest {
  /** Case-sensitive token of at most 16 characters, such as GET, LIST or PATCH. */
  readonly method: string;
  /** Request target in origin-form exactly as sent, one character for each byte (latin1); begins with "/". */
  readonly target: string;
  readonly versionMinor: 0 | 1;
  readonly headers: HttpHeaders;
  /** The whole body with the transfer coding removed; empty when there is none. */
  readonly body: Buffer;
  readonly connection: HttpConnection;
}

/**
 * An answer. `Content-Length`, `Date`, `Connection`, `Cache-Control: no-store` and
 * `Strict-Transport-Security` are added by the codec on every status.
 */
export interface HttpAnswer {
  /** 200 to 599. */
  readonly status: number;
  /** Additional header lines. Names the codec owns (content-length, connection, transfer-encoding, date) are an error. */
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
  /** @default "application/json" */
  readonly contentType?: string | undefined;
  /** @default "no-store" */
  readonly cacheControl?: string | undefined;
  /** Text is sent as UTF-8. Never sent for HEAD, 204 and 304. */
  readonly body?: string | Buffer | undefined;
}

/** A synchronous answer is written in the same turn as its request; a promise costs the usual microtasks. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer> | HttpAnswer;
