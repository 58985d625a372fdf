import { ServerError } from "../../sdk/errors";
import { isLaidOutKey } from "../../sdk/key-layout";
import type { AppendRequest, AppendResult, KeyClass, LogListener, WriteGate } from "../../sdk/log";
import { type Precondition, StorageConflict, StorageFull } from "../../sdk/storage";
import { JOURNAL_OPERATIONS_MAX } from "../index/leaf-writer";
import type { LogStore } from "./log-store";
import { stageAppend } from "./stage-append";
import { StagedCommit } from "./staged-commit";

export interface LogWriterOptions {
  readonly store: LogStore;
  /** Conditions that every commit carries besides its own: the leadership fence of clusters of several nodes. */
  readonly fence: () => readonly Precondition[];
  readonly nowMilliseconds: () => number;
  /** Durable entries, before the appends that made them resolve. */
  readonly publish: LogListener;
}

interface WaitingAppend {
  readonly kind: "append";
  readonly request: AppendRequest;
  readonly classes: ReadonlySet<KeyClass>;
  readonly sizeBytes: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Anything else that changes the log: runs alone, between two groups. */
interface WaitingTask {
  readonly kind: "task";
  readonly run: () => Promise<void>;
}

const GROUP_BYTES_MAX = 8 * 1024 * 1024;
const GROUP_APPENDS_MAX = 1024;

/** The one serial writer of a log: appends that wait while a commit is under way share the next one. */
export class LogWriter {
  private queue: (WaitingAppend | WaitingTask)[] = [];
  private working: Promise<void> | undefined;
  private gate: WriteGate = () => undefined;
  private closed = false;
  /**
   * A commit failed in a way that leaves open whether it happened: memory is read again before anything else. The last
   * index that was published then; clearing up may itself fail and be tried again.
   */
  private uncertainAfter: number | undefined;

  constructor(private readonly options: LogWriterOptions) {}

  get waitingAppends(): number {
    return this.queue.filter(({ kind }) => kind === "append").length;
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    const classes = new Set(request.operations.map((operation) => operation.class));
    const sizeBytes = this.checkRequest(request);
    const refused = this.refusal(request, classes);
    if (refused !== undefined) throw refusalError(refused);
    return new Promise((resolve, reject) => {
      this.enqueue({ kind: "append", request, classes, sizeBytes, resolve, reject });
    });
  }

  /** Runs alone, after everything that waits already. */
  run<Value>(task: () => Promise<Value>): Promise<Value> {
    if (this.closed) return Promise.reject(new ServerError("sealed"));
    return new Promise((resolve, reject) => {
      this.enqueue({ kind: "task", run: () => task().then(resolve, reject) });
    });
  }

  /** Like `run`, after an uncertain commit was cleared up: for tasks that build on what is in memory. */
  runWithMemory<Value>(task: () => Promise<Value>): Promise<Value> {
    return this.run(async () => {
      await this.recoverIfUncertain();
      return task();
    });
  }

  setGate(gate: WriteGate): Promise<void> {
    this.gate = gate;
    return this.closed ? Promise.resolve() : this.run(() => Promise.resolve());
  }

  /** Refuses the appends that wait and everything that comes; tasks that wait are run, each alone, before it resolves. */
  async close(): Promise<void> {
    this.closed = true;
    const waiting = this.queue;
    // Tasks stay in the queue: one that ran beside the commit under way would write memory back as it was before that commit.
    this.queue = waiting.filter((item) => item.kind === "task");
    for (const item of waiting) {
      if (item.kind === "append") item.reject(new ServerError("sealed"));
    }
    await this.working;
  }

  /** Commits and lets memory and followers know. @throws `storage_full`, `fenced`, `internal` */
  async commit(staged: StagedCommit): Promise<void> {
    const { store, fence, publish } = this.options;
    let revision: number;
    try {
      revision = await store.storage.commit(staged.batch(fence()));
    } catch (error) {
      if (error instanceof StorageFull) throw new ServerError("storage_full", { cause: error, detail: error.message });
      await this.recover();
      if (error instanceof StorageConflict) throw new ServerError("fenced", { cause: error, detail: error.message });
      throw new ServerError("internal", { cause: error, detail: "the storage failed a commit" });
    }
    staged.settle();
    publish(staged.entries, revision);
  }

  private enqueue(item: WaitingAppend | WaitingTask): void {
    this.queue.push(item);
    this.working ??= this.work();
  }

  private async work(): Promise<void> {
    // Appends made in the same turn go into the first group together.
    await Promise.resolve();
    while (this.queue.length > 0) {
      const group = this.takeGroup();
      if (group.length > 0) await this.writeGroup(group);
      else await this.takeTask();
    }
    this.working = undefined;
  }

  private async takeTask(): Promise<void> {
    const item = this.queue.shift();
    if (item?.kind === "task") await item.run();
  }

  /** The appends in front, as many as one commit may hold. */
  private takeGroup(): WaitingAppend[] {
    const operationsMax = this.options.store.storage.capabilities.operationsPerCommitMax;
    const group: WaitingAppend[] = [];
    let bytes = 0;
    let operations = 1;
    for (const item of this.queue) {
      if (item.kind !== "append" || group.length === GROUP_APPENDS_MAX) break;
      bytes += item.sizeBytes;
      operations += operationsOf(item.request);
      if (group.length > 0 && (bytes > GROUP_BYTES_MAX || operations > operationsMax)) break;
      group.push(item);
    }
    this.queue.splice(0, group.length);
    return group;
  }

  private async writeGroup(group: readonly WaitingAppend[]): Promise<void> {
    try {
      await this.recoverIfUncertain();
      await this.commitGroup(group);
    } catch (error) {
      const one = group.length === 1 ? group[0] : undefined;
      if (one !== undefined) one.reject(error);
      // One large append must not take the small ones with it.
      else if (error instanceof ServerError && error.code === "storage_full") {
        for (const item of group) await this.writeGroup([item]);
      } else for (const item of group) item.reject(error);
    }
  }

  private async commitGroup(group: readonly WaitingAppend[]): Promise<void> {
    const staged = new StagedCommit(this.options.store);
    await staged.load(group.flatMap((item) => item.request.operations));
    const settlements: (() => void)[] = [];
    for (const item of group) settlements.push(this.stage(staged, item));
    if (staged.hasChanges) await this.commit(staged);
    for (const settle of settlements) settle();
  }

  /** @returns what to tell the waiting caller once the commit is durable: a conflict may come from this very commit */
  private stage(staged: StagedCommit, item: WaitingAppend): () => void {
    const refused = this.refusal(item.request, item.classes);
    if (refused !== undefined) return () => item.reject(refusalError(refused));
    try {
      const index = stageAppend(staged, item.request, this.options.store.clusterId, this.options.nowMilliseconds());
      return () => this.acknowledge(item, index);
    } catch (error) {
      return () => item.reject(error);
    }
  }

  /** A write that became durable too late is not acknowledged: whether it lasts is not for this cluster to say. */
  private acknowledge(item: WaitingAppend, index: number): void {
    const late = item.request.passesGate === true ? undefined : this.gate(item.classes, "committed");
    if (late === undefined) item.resolve({ index });
    else item.reject(refusalError(late));
  }

  private refusal({ passesGate }: AppendRequest, classes: ReadonlySet<KeyClass>): ReturnType<WriteGate> {
    if (this.closed) return "sealed";
    return passesGate === true ? undefined : this.gate(classes, "open");
  }

  private async recover(): Promise<void> {
    this.uncertainAfter ??= this.options.store.state.lastIndex;
    await this.recoverIfUncertain().catch(() => undefined);
  }

  /** Entries that turn out to be durable are published although their appends failed: readers must not miss them. */
  private async recoverIfUncertain(): Promise<void> {
    const before = this.uncertainAfter;
    if (before === undefined) return;
    const { store, publish } = this.options;
    const stored = await store.readStored();
    const missed = stored.state.lastIndex - before;
    const entries = missed > 0 ? await store.readEntries(before, missed) : [];
    // In one turn: whoever asks memory what is applied must find it in what follows the entries, as caches do.
    store.adopt(stored);
    this.uncertainAfter = undefined;
    publish(entries, undefined);
  }

  private checkRequest(request: AppendRequest): number {
    const { operationsPerCommitMax, keyBytesMax, valueBytesMax } = this.options.store.storage.capabilities;
    if (operationsOf(request) >= operationsPerCommitMax) {
      throw new ServerError("invalid_request", "too many changes in one write");
    }
    let sizeBytes = 1024;
    for (const { key, value } of request.operations) {
      if (!isLaidOutKey(key)) throw new ServerError("internal", { detail: `outside of the key layout: ${key}` });
      if (Buffer.byteLength(key) > keyBytesMax - KEY_OVERHEAD_BYTES) {
        throw new ServerError("invalid_request", "the path is too long");
      }
      sizeBytes += key.length * 2 + (value?.length ?? 0);
    }
    if (sizeBytes > valueBytesMax) throw new ServerError("body_too_large", "the write is too large for the storage");
    return sizeBytes;
  }
}

function refusalError(refused: NonNullable<ReturnType<WriteGate>>): ServerError {
  return typeof refused === "string"
    ? new ServerError(refused)
    : new ServerError(refused.code, { publicText: refused.publicText });
}

/** `g/<generation>/<class letter>/`, with room to spare. */
const KEY_OVERHEAD_BYTES = 64;

/** Puts and deletes that the request may cost: each key, its leaf, the entry, the state, the leaves' journal. */
function operationsOf(request: AppendRequest): number {
  return request.operations.length * 2 + 2 + JOURNAL_OPERATIONS_MAX;
}
