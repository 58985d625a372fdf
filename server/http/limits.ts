/** Every queue, list, body and wait of the listener has its bound here. */
export interface HttpLimits {
  /** 414 beyond it. */
  readonly requestLineBytesMax: number;
  /** Request line and header block together; 431 beyond it. */
  readonly headBytesMax: number;
  /** 431 beyond it. */
  readonly headerCountMax: number;
  /** 413 beyond it, whatever a route would allow. */
  readonly bodyBytesMax: number;
  /** Chunk extensions of one message together; 400 beyond it. */
  readonly chunkExtensionBytesMax: number;
  /** Trailer section of one message; checked, dropped, 431 beyond it. */
  readonly trailerBytesMax: number;
  /** Bytes of later requests kept while one is being answered; beyond it the socket is not read. */
  readonly pipelineBytesMax: number;
  /** From the first byte of a head to its end; 408 beyond it. */
  readonly headSecondsMax: number;
  /** Without a byte of the body, and as the start of the allowance for the whole body; 408 beyond it. */
  readonly bodySecondsMax: number;
  /** A slower body uses up its allowance. */
  readonly bodyBytesPerSecondMin: number;
  /** Between two requests. */
  readonly idleSecondsMax: number;
  /** Without progress while an answer is being written. */
  readonly writeSecondsMax: number;
  /** From the last answer of a connection to its end, so that the peer can read the answer before a reset. */
  readonly lingerSecondsMax: number;
  readonly handshakeSecondsMax: number;
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  /** Requests being handled at once; 503 beyond it. */
  readonly requestsInFlightMax: number;
}

export const defaultHttpLimits: HttpLimits = {
  requestLineBytesMax: 8 * 1024,
  headBytesMax: 16 * 1024,
  headerCountMax: 64,
  bodyBytesMax: 32 * 1024 * 1024,
  chunkExtensionBytesMax: 1024,
  trailerBytesMax: 4 * 1024,
  pipelineBytesMax: 64 * 1024,
  headSecondsMax: 10,
  bodySecondsMax: 30,
  bodyBytesPerSecondMin: 8 * 1024,
  idleSecondsMax: 60,
  writeSecondsMax: 30,
  lingerSecondsMax: 2,
  handshakeSecondsMax: 10,
  connectionsMax: 10_000,
  connectionsPerAddressMax: 2_000,
  requestsInFlightMax: 2_000,
};
