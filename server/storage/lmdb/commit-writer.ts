import { type CommitBatch, type Put, StorageConflict } from "../../sdk/storage";
import type { Environment, RecordWrite } from "./environment";
import { encodeRecord, REVISION_BYTES, recordAround, recordBytes, setRevision } from "./record";

/** A group's size bounds what one transaction keeps in memory; the commits themselves bound it further. */
const GROUP_COMMITS_MAX = 256;
const GROUP_BYTES_MAX = 16 * 1024 * 1024;

interface WaitingCommit {
  readonly preconditions: readonly { readonly key: Buffer; readonly text: string; readonly revision: number }[];
  /** With room for the revision in front. */
  readonly puts: readonly { readonly key: Buffer; readonly record: Buffer }[];
  readonly deletes: readonly Buffer[];
  readonly bytes: number;
  resolve(revision: number): void;
  reject(error: unknown): void;
}

/**
 * The only writer of an environment. While one group of commits is being synced the next one gathers, so that many
 * concurrent commits share a sync. Each keeps its own preconditions, decided in the order the commits came.
 */
export class CommitWriter {
  private waiting: WaitingCommit[] = [];
  private running: Promise<void> | undefined;
  private revision: number;

  constructor(private readonly environment: Environment) {
    this.revision = environment.lastRevision();
  }

  /** @returns the revision of what was put */
  commit(batch: CommitBatch): Promise<number> {
    return new Promise((resolve, reject) => {
      this.waiting.push(waitingCommit(batch, resolve, reject));
      this.running ??= this.run();
    });
  }

  /** Resolves when every commit given so far is settled. */
  async idle(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    // Lets the commits of one turn of the event loop gather.
    await Promise.resolve();
    while (this.waiting.length > 0) await this.writeGroup(this.takeGroup());
    this.running = undefined;
  }

  private takeGroup(): WaitingCommit[] {
    let bytes = 0;
    let count = 0;
    for (const commit of this.waiting) {
      bytes += commit.bytes;
      if (count > 0 && (count === GROUP_COMMITS_MAX || bytes > GROUP_BYTES_MAX)) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  /** Never rejects. A group that fails is tried again one by one, so that one commit that is too large fails alone. */
  private async writeGroup(group: readonly WaitingCommit[]): Promise<void> {
    try {
      const plan = this.plan(group);
      if (plan.accepted.length > 0) await this.environment.write(plan.records, this.revision);
      for (const { commit, revision } of plan.accepted) commit.resolve(revision);
      for (const { commit, key } of plan.refused) commit.reject(new StorageConflict(key));
    } catch (error) {
      if (group.length === 1) for (const commit of group) commit.reject(error);
      else for (const commit of group) await this.writeGroup([commit]);
    }
  }

  /** Decides the preconditions as if the accepted commits before had been written already. */
  private plan(group: readonly WaitingCommit[]): Plan {
    const plan: Plan = { accepted: [], refused: [], records: [] };
    const changed = new Map<string, number>();
    for (const commit of group) {
      const broken = commit.preconditions.find(
        ({ key, revision }) => (changed.get(key.toString("latin1")) ?? this.environment.revision(key)) !== revision,
      );
      if (broken !== undefined) {
        plan.refused.push({ commit, key: broken.text });
        continue;
      }
      const revision = ++this.revision;
      plan.accepted.push({ commit, revision });
      for (const { key, record } of commit.puts) {
        setRevision(record, revision);
        plan.records.push({ key, record });
      }
      for (const key of commit.deletes) plan.records.push({ key, record: undefined });
      // Only what a later commit of the group may ask for.
      if (group.length > 1) rememberRevisions(changed, commit, revision);
    }
    return plan;
  }
}

interface Plan {
  readonly accepted: { readonly commit: WaitingCommit; readonly revision: number }[];
  readonly refused: { readonly commit: WaitingCommit; readonly key: string }[];
  /** In order: a later one of the same key wins. */
  readonly records: RecordWrite[];
}

function rememberRevisions(changed: Map<string, number>, commit: WaitingCommit, revision: number): void {
  for (const { key } of commit.puts) changed.set(key.toString("latin1"), revision);
  for (const key of commit.deletes) changed.set(key.toString("latin1"), 0);
}

/** Copies what the caller could change afterwards. */
function waitingCommit(
  batch: CommitBatch,
  resolve: WaitingCommit["resolve"],
  reject: WaitingCommit["reject"],
): WaitingCommit {
  let bytes = 0;
  let copiedBytes = 0;
  for (const put of batch.puts) {
    bytes += put.key.length + recordBytes(put.value);
    if (!hasRoom(put)) copiedBytes += recordBytes(put.value);
  }
  // One buffer for all records: where values are large, an allocation each is the most expensive part.
  const copies = Buffer.allocUnsafe(copiedBytes);
  let end = 0;
  const puts = batch.puts.map((put) => {
    const key = Buffer.from(put.key);
    if (hasRoom(put)) return { key, record: recordAround(put.value) };
    const start = end;
    end += recordBytes(put.value);
    return { key, record: encodeRecord(0, put.value, copies.subarray(start, end)) };
  });
  return {
    preconditions: batch.preconditions.map(({ key, revision }) => ({ key: Buffer.from(key), text: key, revision })),
    puts,
    deletes: batch.deletes.map((key) => Buffer.from(key)),
    bytes,
    resolve,
    reject,
  };
}

function hasRoom({ headroomBytes = 0 }: Put): boolean {
  return headroomBytes >= REVISION_BYTES;
}
