import { ServerError } from "../../sdk/errors";
import { generationRecordPrefix } from "../../sdk/key-layout";
import type { AppendOperation, LoggedClass } from "../../sdk/log";
import { decodeRecord, encodeRecord } from "../../sdk/record";
import { type CommitBatch, StorageFull } from "../../sdk/storage";
import { JOURNAL_OPERATIONS_MAX } from "../index/leaf-writer";
import type { LogState } from "./log-state";
import { LogStore, type LogStoreOptions } from "./log-store";
import { StagedCommit } from "./staged-commit";

const OPERATIONS_PER_COMMIT_MAX = 4_096;
const BYTES_PER_COMMIT_MAX = 8 * 1024 * 1024;
const NOTHING_ELSE: CommitBatch = { preconditions: [], puts: [], deletes: [] };

/**
 * Fills a generation that is not in use: data and index, no log entries. The place it got to (`progress`) is part of the
 * last commit of each call; what a crash leaves of a call before is written again, with the same result.
 *
 * While one commit is on its way to the disk the next may be prepared, on memory that is ahead by that one commit. When a
 * commit fails memory is read again, and what was prepared must be dropped.
 */
export class GenerationWriter {
  private underWay: StagedCommit | undefined;
  /** A commit failed, and what is stored could not be read since. */
  private isUncertain = false;

  private constructor(private readonly store: LogStore) {}

  /** @throws `corrupt` when what is there was damaged */
  static async open(options: LogStoreOptions): Promise<GenerationWriter> {
    const store = new LogStore(options);
    await store.load();
    return new GenerationWriter(store);
  }

  get state(): LogState {
    return this.store.state;
  }

  async progress(): Promise<Buffer | undefined> {
    const [record] = await this.store.storage.read([this.progressKey]);
    return record && decodeRecord(this.store.recordKey, this.progressKey, record.value);
  }

  /** One call after the other. @throws `storage_full`, `corrupt` */
  async write(operations: readonly AppendOperation[], progress: Buffer): Promise<void> {
    const parts = partsOf(operations, this.store.storage.capabilities.operationsPerCommitMax);
    for (const [at, part] of parts.entries()) {
      const staged = await this.stage(part);
      if (at === parts.length - 1) staged.addRecord(this.progressKey, this.progressRecord(progress));
      await this.commit(staged, NOTHING_ELSE);
    }
  }

  /**
   * Prepares a commit, also while the one before is still under way. The caller waits for that one to be durable before it
   * calls what this resolves with, and drops it when that one failed.
   * @returns undefined when it cannot be prepared now: the operations take several commits, or touch a key of the one under way
   */
  async prepare(operations: readonly AppendOperation[], progress: Buffer): Promise<(() => Promise<void>) | undefined> {
    const parts = partsOf(operations, this.store.storage.capabilities.operationsPerCommitMax);
    if (parts.length > 1 || this.underWay?.touches(operations) === true) return undefined;
    const staged = await this.stage(operations);
    staged.addRecord(this.progressKey, this.progressRecord(progress));
    // Now, so that nothing but handing it over is left to do between one commit and the next.
    const batch = staged.batch([]);
    return () => this.commitBatch(staged, batch);
  }

  /** The last commit: `operations` are few, `alongside` is what makes the generation the one in use. */
  async finish(
    operations: readonly AppendOperation[],
    state: Pick<LogState, "lastIndex" | "epochs" | "cursors">,
    alongside: CommitBatch,
  ): Promise<void> {
    const staged = await this.stage(operations);
    staged.beginLog(state);
    await this.commit(staged, { ...alongside, deletes: [...alongside.deletes, this.progressKey] });
  }

  /** Ciphertext of a key that was written. @throws `corrupt` */
  async readLocal(key: string): Promise<Buffer | undefined> {
    const [pair] = await this.store.scanCiphertexts("local", key, undefined, 1);
    return pair?.key === key ? pair.value : undefined;
  }

  /** In the order asked. @throws `corrupt` */
  async readCiphertexts(keyClass: LoggedClass, keys: readonly string[]): Promise<readonly (Buffer | undefined)[]> {
    return await this.store.readCiphertexts(keyClass, keys);
  }

  private async stage(operations: readonly AppendOperation[]): Promise<StagedCommit> {
    if (this.isUncertain) await this.readAgain();
    const staged = new StagedCommit(this.store);
    await staged.load(operations);
    staged.check(operations);
    staged.apply(operations);
    return staged;
  }

  private async commit(staged: StagedCommit, alongside: CommitBatch): Promise<void> {
    const { preconditions, puts, deletes } = staged.batch(alongside.preconditions);
    await this.commitBatch(staged, {
      preconditions,
      puts: [...puts, ...alongside.puts],
      deletes: [...deletes, ...alongside.deletes],
    });
  }

  private async commitBatch(staged: StagedCommit, batch: CommitBatch): Promise<void> {
    staged.settle();
    this.underWay = staged;
    try {
      await this.store.storage.commit(batch);
    } catch (error) {
      // Memory is ahead, and unless the storage was full it is open whether the commit happened.
      this.isUncertain = true;
      await this.readAgain().catch(() => undefined);
      if (error instanceof StorageFull) throw new ServerError("storage_full", { cause: error });
      throw error;
    } finally {
      this.underWay = undefined;
    }
  }

  private async readAgain(): Promise<void> {
    await this.store.load();
    this.isUncertain = false;
  }

  private get progressKey(): string {
    return `${generationRecordPrefix(this.store.generation, "state")}build`;
  }

  private progressRecord(progress: Buffer): Buffer {
    return encodeRecord(this.store.recordKey, this.progressKey, progress);
  }
}

function partsOf(operations: readonly AppendOperation[], operationsPerCommitMax: number): AppendOperation[][] {
  const operationsMax = Math.min(
    OPERATIONS_PER_COMMIT_MAX,
    Math.floor((operationsPerCommitMax - 2 - JOURNAL_OPERATIONS_MAX) / 2),
  );
  const parts: AppendOperation[][] = [[]];
  let bytes = 0;
  for (const operation of operations) {
    const size = operation.value?.length ?? 0;
    const last = parts[parts.length - 1];
    if (
      last === undefined ||
      last.length >= operationsMax ||
      (last.length > 0 && bytes + size > BYTES_PER_COMMIT_MAX)
    ) {
      parts.push([operation]);
      bytes = size;
    } else {
      last.push(operation);
      bytes += size;
    }
  }
  return parts;
}
