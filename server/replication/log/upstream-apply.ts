import { zeroChecksum } from "../../sdk/checksum";
import {
  CursorMismatch,
  type IndexDelta,
  LogDivergence,
  type LogEntry,
  type LogOperation,
  type ReplicationMode,
  type UpstreamBatch,
  type UpstreamCursor,
  type UpstreamEntry,
  type UpstreamRepair,
} from "../../sdk/log";
import { JOURNAL_OPERATIONS_MAX } from "../index/leaf-writer";
import type { LogStore } from "./log-store";
import type { LogWriter } from "./log-writer";
import { SHIPPED } from "./shipped-classes";
import { StagedCommit } from "./staged-commit";

const COMMIT_BYTES_MAX = 8 * 1024 * 1024;

/** Applies what an upstream ships, inside the writer. */
export class UpstreamApply {
  constructor(
    private readonly store: LogStore,
    private readonly writer: LogWriter,
    private readonly nowMilliseconds: () => number,
    /** Throws when an entry cannot be used here: a keyring that this cluster's root key does not open. */
    private readonly inspect: (operation: LogOperation) => void,
  ) {}

  async batch(batch: UpstreamBatch): Promise<number> {
    this.checkFollows(batch);
    let rest = batch.entries;
    let before: { readonly staged: StagedCommit; readonly durable: Promise<void> } | undefined;
    do {
      const part = rest.slice(0, this.entriesForOneCommit(rest));
      rest = rest.slice(part.length);
      const staged = new StagedCommit(this.store, before?.staged);
      try {
        // While the part before this one becomes durable; given to the storage only afterwards.
        await this.stagePart(staged, batch, part, rest.length === 0);
      } finally {
        await before?.durable;
      }
      before = { staged, durable: this.writer.commit(staged) };
      // Whether it failed is told where it is waited for.
      before.durable.catch(() => undefined);
    } while (rest.length > 0);
    await before.durable;
    return this.store.state.lastIndex;
  }

  async repair(repair: UpstreamRepair): Promise<number> {
    const { mode, operations, origin } = repair;
    this.checkShipped(mode, operations, origin.index);
    const staged = new StagedCommit(this.store);
    await staged.load(operations);
    staged.check(operations);
    const indexDelta = staged.apply(operations);
    staged.addEntry({
      version: 1,
      index: staged.state.lastIndex + 1,
      epochs: staged.state.epochs,
      origin,
      operations,
      indexDelta,
      writtenAtMilliseconds: this.nowMilliseconds(),
    });
    await this.writer.commit(staged);
    return this.store.state.lastIndex;
  }

  private checkFollows({ mode, followsIndex, entries, cursor }: UpstreamBatch): void {
    const current = this.store.state.cursors[mode];
    if (current === undefined || current.index !== followsIndex || current.clusterId !== cursor.clusterId) {
      throw new CursorMismatch(mode, current?.index, followsIndex);
    }
    let previous = followsIndex;
    for (const entry of entries) {
      if (entry.index <= previous || entry.index > cursor.index) {
        throw new CursorMismatch(mode, previous, entry.index);
      }
      previous = entry.index;
      this.checkShipped(mode, entry.operations, entry.index);
    }
    if (cursor.index < followsIndex) throw new CursorMismatch(mode, followsIndex, cursor.index);
  }

  private checkShipped(mode: ReplicationMode, operations: readonly LogOperation[], upstreamIndex: number): void {
    for (const operation of operations) {
      if (!SHIPPED[mode].includes(operation.class)) {
        throw new LogDivergence(upstreamIndex, `${operation.class} key shipped in ${mode} mode`);
      }
      this.inspect(operation);
    }
  }

  private entriesForOneCommit(entries: readonly UpstreamEntry[]): number {
    const operationsMax = this.store.storage.capabilities.operationsPerCommitMax;
    let operations = 1 + JOURNAL_OPERATIONS_MAX;
    let bytes = 0;
    for (const [at, entry] of entries.entries()) {
      operations += entry.operations.length * 2 + 1;
      for (const { value } of entry.operations) bytes += value?.length ?? 0;
      if (at === this.store.limits.upstreamEntriesPerCommit) return at;
      if (at > 0 && (operations > operationsMax || bytes > COMMIT_BYTES_MAX)) return at;
    }
    return entries.length;
  }

  private async stagePart(
    staged: StagedCommit,
    batch: UpstreamBatch,
    entries: readonly UpstreamEntry[],
    isLast: boolean,
  ): Promise<void> {
    await staged.load(entries.flatMap((entry) => entry.operations));
    for (const entry of entries) this.stageEntry(staged, batch.mode, entry);
    const last = entries[entries.length - 1];
    if (isLast || last === undefined) staged.moveCursor(batch);
    else staged.moveCursor({ mode: batch.mode, cursor: this.cursorAt(staged, batch, last) });
    staged.encodeValues();
  }

  private stageEntry(staged: StagedCommit, mode: ReplicationMode, entry: UpstreamEntry): void {
    staged.check(entry.operations);
    const indexDelta = staged.apply(entry.operations);
    const differs = firstDifference(indexDelta, entry.indexDelta);
    if (differs !== undefined) throw new LogDivergence(entry.index, differs);
    const own: LogEntry = {
      ...entry,
      index: staged.state.lastIndex + 1,
      epochs: mode === "dr" ? entry.epochs : { ...staged.state.epochs, performance: entry.epochs.performance },
      indexDelta,
    };
    staged.changeState({ epochs: own.epochs });
    staged.addEntry(own);
  }

  private cursorAt(staged: StagedCommit, batch: UpstreamBatch, entry: UpstreamEntry): UpstreamCursor {
    const { replicated, local } = staged.state.checksums;
    const checksums = { replicated, local: batch.mode === "dr" ? local : zeroChecksum() };
    return { clusterId: batch.cursor.clusterId, epoch: entry.epochs[batch.mode], index: entry.index, checksums };
  }
}

function firstDifference(own: readonly IndexDelta[], upstream: readonly IndexDelta[]): string | undefined {
  const theirs = new Map(upstream.map((delta) => [`${delta.class}/${delta.mountId}`, delta.delta]));
  for (const { class: keyClass, mountId, delta } of own) {
    const name = `${keyClass}/${mountId}`;
    if (!theirs.get(name)?.equals(delta)) return `index of ${name}`;
    theirs.delete(name);
  }
  const [missing] = theirs.keys();
  return missing === undefined ? undefined : `index of ${missing}`;
}
