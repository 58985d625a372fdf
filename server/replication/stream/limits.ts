/** Bounds of replication traffic. Times in milliseconds. */
export interface StreamLimits {
  /** Bytes sent and not yet acknowledged, per secondary. */
  readonly windowBytes: number;
  /** Bytes of entries in one frame; one entry may be larger on its own. */
  readonly frameBytes: number;
  readonly batchEntries: number;
  /**
   * From so many entries a second on, each frame for a performance secondary waits until it holds `gatherEntries`, for
   * `gatherMilliseconds` at most.
   */
  readonly busyEntriesPerSecond: number;
  readonly gatherEntries: number;
  readonly gatherMilliseconds: number;
  /** Secondaries that a primary brings up by a diff or a snapshot at a time; the others wait. */
  readonly catchUpConcurrency: number;
  readonly chunkPairs: number;
  readonly chunkBytes: number;
  readonly heartbeatMilliseconds: number;
  /** Without a frame for so long the peer counts as gone. */
  readonly silenceMilliseconds: number;
  readonly helloMilliseconds: number;
}

export const DEFAULT_STREAM_LIMITS: StreamLimits = {
  windowBytes: 16 * 1024 * 1024,
  frameBytes: 2 * 1024 * 1024,
  batchEntries: 2_048,
  busyEntriesPerSecond: 2_500,
  gatherEntries: 64,
  gatherMilliseconds: 20,
  catchUpConcurrency: 4,
  chunkPairs: 4_096,
  chunkBytes: 2 * 1024 * 1024,
  heartbeatMilliseconds: 1_000,
  silenceMilliseconds: 15_000,
  helloMilliseconds: 10_000,
};

export const PROTOCOL_VERSION = 1;
