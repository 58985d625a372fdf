import type { Clock } from "../../sdk/clock";
import type { LogStore } from "./log-store";
import { type Enough, truncateOnce } from "./log-truncate";
import type { LogWriter } from "./log-writer";

export interface Retention {
  readonly bytes: number;
  readonly milliseconds: number;
}

/** How often the age of the oldest entry is looked at, while entries are written. */
const AGE_CHECK_MILLISECONDS = 60_000;
/** Below the bound, so that a full log is not trimmed by every write. */
const KEPT_SHARE = 0.9;

/**
 * Keeps the log within its bytes and its age. Looks when something was written: a log that nobody writes does not grow. Trims
 * in small commits of their own, so that appends get in between.
 */
export class LogTrimmer {
  private trimming = false;
  private checkedMilliseconds = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: LogStore,
    private readonly writer: LogWriter,
    private readonly clock: Clock,
    private readonly retention: Retention,
  ) {}

  published(): void {
    if (this.trimming) return;
    const now = this.clock.monotonicMilliseconds();
    const isAgeDue = now - this.checkedMilliseconds >= AGE_CHECK_MILLISECONDS;
    if (!isAgeDue && this.store.state.storedBytes <= this.retention.bytes) return;
    if (isAgeDue) this.checkedMilliseconds = now;
    void this.trimToRetention(isAgeDue);
  }

  /** Drops entries from the front until `enough`. */
  async trim(enough: Enough): Promise<void> {
    while (await this.writer.runWithMemory(() => truncateOnce(this.store, this.writer, enough)));
  }

  private async trimToRetention(looksAtAge: boolean): Promise<void> {
    this.trimming = true;
    const { bytes, milliseconds } = this.retention;
    const isOver = this.store.state.storedBytes > bytes;
    const oldestKept = this.clock.nowMilliseconds() - milliseconds;
    // A failure (full, sealed) is met again, and told, by the next write; trimming tries again after it.
    await this.trim(({ storedBytes, writtenAtMilliseconds }) => {
      if (isOver && storedBytes > bytes * KEPT_SHARE) return false;
      return !looksAtAge || writtenAtMilliseconds() >= oldestKept;
    }).catch(() => undefined);
    this.trimming = false;
  }
}
