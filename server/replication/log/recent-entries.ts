import type { LogEntry } from "../../sdk/log";
import { entrySizeBytes } from "./entry-codec";

/** After so many entries that nobody asked for nobody is at the tail: keeping more would only cost memory. */
const UNREAD_ENTRIES_MAX = 4_096;

/**
 * The newest entries, kept in memory so that followers at the tail cost no storage reads. Bounded in bytes. Without followers
 * nothing is kept.
 */
export class RecentEntries {
  private entries: LogEntry[] = [];
  private bytes = 0;
  private unreadEntries = UNREAD_ENTRIES_MAX;

  constructor(private readonly bytesMax: number) {}

  push(entries: readonly LogEntry[]): void {
    this.unreadEntries += entries.length;
    if (this.unreadEntries > UNREAD_ENTRIES_MAX) {
      this.clear();
      return;
    }
    for (const entry of entries) {
      this.entries.push(entry);
      this.bytes += entrySizeBytes(entry);
    }
    if (this.bytes > this.bytesMax) this.shrink();
  }

  /** Up to `limit` entries after `fromIndex`; undefined when not one of them is kept here. */
  after(fromIndex: number, limit: number): readonly LogEntry[] | undefined {
    this.unreadEntries = 0;
    const first = this.entries[0]?.index;
    if (first === undefined || fromIndex + 1 < first) return undefined;
    const start = fromIndex + 1 - first;
    // Entries of a commit that is being cleared up are durable before they are published: the storage has them.
    return start < this.entries.length ? this.entries.slice(start, start + limit) : undefined;
  }

  /** Down to three quarters, so that not every push moves the whole array. */
  private shrink(): void {
    let surplus = 0;
    while (this.bytes > this.bytesMax * 0.75) {
      const oldest = this.entries[surplus++];
      if (oldest === undefined) break;
      this.bytes -= entrySizeBytes(oldest);
    }
    this.entries = this.entries.slice(surplus);
  }

  clear(): void {
    this.entries = [];
    this.bytes = 0;
  }
}
