import type { JournalLimits } from "../index/leaf-writer";

/** Bounds that say how what is written is cut into commits and records. What is stored means the same under any. */
export interface LogLimits extends JournalLimits {
  /** Of an upstream's batch: so that one part is checked and encoded while the one before it is synced. */
  readonly upstreamEntriesPerCommit: number;
}

export const DEFAULT_LOG_LIMITS: LogLimits = {
  upstreamEntriesPerCommit: 512,
  journaledLeavesMin: 64,
  journalLeavesMax: 262_144,
};
