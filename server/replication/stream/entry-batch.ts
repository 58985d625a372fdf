import { addChecksum } from "../../sdk/checksum";
import type { IncludeMount, LogEntry, ReplicationMode } from "../../sdk/log";
import { filterEntry } from "../filter/entry-filter";
import { encodedEntries, entryBytes } from "./record-codec";
import { type Checksums, zeroChecksums } from "./running-checksums";

/** A frame's worth of a log, gathered entry by entry, without what a secondary does not get. */
export class EntryBatch {
  readonly entries: LogEntry[] = [];
  /** What the entries add to the checksums of what the secondary holds. */
  readonly delta: Checksums = zeroChecksums();
  /** Entries looked at, also those of which nothing is left. */
  scanned = 0;
  private bytes = 0;
  private bytesOfEntries: Buffer | undefined;

  constructor(
    private readonly mode: ReplicationMode,
    private readonly frameBytes: number,
    private readonly includes: IncludeMount,
  ) {}

  get isFull(): boolean {
    return this.bytes >= this.frameBytes;
  }

  /** The entries as a frame holds them. Encoded once. */
  encoded(): Buffer {
    this.bytesOfEntries ??= encodedEntries(this.entries);
    return this.bytesOfEntries;
  }

  add(entry: LogEntry): void {
    this.scanned += 1;
    const filtered = filterEntry(entry, this.mode, this.includes);
    if (filtered === undefined) return;
    this.entries.push(filtered);
    this.bytes += entryBytes(filtered);
    for (const { class: keyClass, delta } of filtered.indexDelta) addChecksum(this.delta[keyClass], delta);
  }
}

interface Kept {
  /** What the log gave, by identity: numbers could mean another history. */
  readonly first: LogEntry;
  readonly last: LogEntry;
  readonly batch: EntryBatch;
}

/** Secondaries that stand at the same place ask in the same turn; one that began a turn later may lie beside them. */
const KEPT_MAX = 2;

const everything = (): true => true;

/**
 * The batches of secondaries without a filter: those that stand at the same place, as all that keep up do, get the same one, so
 * that it is gathered and encoded once for all of them.
 */
export class SharedBatches {
  private kept: Kept[] = [];

  constructor(
    private readonly mode: ReplicationMode,
    private readonly frameBytes: number,
  ) {}

  /** @param entries as the log gave them, one at least; a batch ends with the last of them at the latest */
  take(entries: readonly LogEntry[]): EntryBatch {
    const [first, last] = [entries[0], entries[entries.length - 1]];
    const known = this.kept.find((kept) => kept.first === first && kept.last === last);
    if (known !== undefined) return known.batch;
    const batch = new EntryBatch(this.mode, this.frameBytes, everything);
    for (const entry of entries) {
      if (batch.isFull) break;
      batch.add(entry);
    }
    if (first !== undefined && last !== undefined)
      this.kept = [{ first, last, batch }, ...this.kept].slice(0, KEPT_MAX);
    return batch;
  }
}
