/** Bounds that say how what is written is cut into commits and records. What is stored means the same under any. */
export interface LogLimits {
  /** Of an upstream's batch: so that one part is checked and encoded while the one before it is synced. */
  readonly upstreamEntriesPerCommit: number;
  /** From so many on a commit's leaves go into one record: a keyed hash places them, so nearly each lies on another page. */
  readonly journaledLeavesMin: number;
  /** Leaves that the journal names in all: at four times those of a mount few of its oldest record still count. */
  readonly journalLeavesMax: number;
}

export const DEFAULT_LOG_LIMITS: LogLimits = {
  upstreamEntriesPerCommit: 512,
  journaledLeavesMin: 64,
  journalLeavesMax: 262_144,
};
