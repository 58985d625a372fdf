import { type LogEntry, LogTruncated } from "../../sdk/log";
import type { LogStore } from "./log-store";
import type { RecentEntries } from "./recent-entries";

const BATCH_ENTRIES = 256;

/** Entries in order, from memory where they are recent, and the wait for the next one. */
export class LogReader {
  private waiting = new Set<() => void>();
  private closed = false;

  constructor(
    private readonly store: LogStore,
    private readonly recent: RecentEntries,
  ) {}

  async batch(fromIndex: number, limit: number): Promise<readonly LogEntry[]> {
    const { lastIndex, oldestIndex } = this.store.state;
    if (!Number.isSafeInteger(fromIndex) || fromIndex < 0 || fromIndex > lastIndex) {
      throw new RangeError(`the log ends at ${lastIndex}`);
    }
    if (fromIndex + 1 < oldestIndex) throw new LogTruncated(oldestIndex);
    if (fromIndex === lastIndex) return [];
    const recent = this.recent.after(fromIndex, limit);
    if (recent !== undefined) return recent;
    try {
      // A commit that is under way may be readable before it is durable and counted.
      return await this.store.readEntries(fromIndex, Math.min(limit, lastIndex - fromIndex));
    } catch (error) {
      if (fromIndex + 1 < this.store.state.oldestIndex) throw new LogTruncated(this.store.state.oldestIndex);
      throw error;
    }
  }

  async *follow(fromIndex: number, signal: AbortSignal): AsyncGenerator<LogEntry, void, undefined> {
    let index = fromIndex;
    while (!signal.aborted && !this.closed) {
      const entries = await this.batch(index, BATCH_ENTRIES);
      for (const entry of entries) {
        if (signal.aborted) return;
        yield entry;
        index = entry.index;
      }
      if (entries.length === 0) await this.changed(index, signal);
    }
  }

  /** Something was published: everybody looks again. */
  wake(): void {
    const waiting = this.waiting;
    this.waiting = new Set();
    for (const resume of waiting) resume();
  }

  close(): void {
    this.closed = true;
    this.wake();
  }

  private changed(index: number, signal: AbortSignal): Promise<void> {
    if (this.closed || signal.aborted || this.store.state.lastIndex > index) return Promise.resolve();
    return new Promise((resolve) => {
      const resume = (): void => {
        signal.removeEventListener("abort", resume);
        this.waiting.delete(resume);
        resolve();
      };
      this.waiting.add(resume);
      signal.addEventListener("abort", resume, { once: true });
    });
  }
}
