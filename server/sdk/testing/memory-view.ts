import { compareBytes } from "../byte-order";
import { type ErrorCode, ServerError } from "../errors";
import type { KeyClass } from "../log";
import type { CommitReceipt, View, ViewValue, WriteCondition, WriteOperation } from "../view";

/** The plain store behind memory views, with switches for the failures a view may report. */
export class MemoryBarrier {
  /** Keys are `<class>/<mount id>/<view key>`. */
  readonly pairs = new Map<string, ViewValue>();
  /** Index of the last commit. */
  index = 0;
  /** While set, every call fails with code `sealed`. */
  sealed = false;
  /** While set, every commit fails with this code and writes nothing. */
  commitFailure: ErrorCode | undefined;
  /** Called before each commit is decided: for tests that race two writers. */
  beforeCommit: (() => Promise<void>) | undefined;
  /** Whether `peek` finds values; switch it off to test the path that waits. */
  cached = true;

  check(): void {
    if (this.sealed) throw new ServerError("sealed");
  }

  async commit(operations: readonly WriteOperation[]): Promise<CommitReceipt> {
    this.check();
    const before = this.beforeCommit;
    this.beforeCommit = undefined;
    await before?.();
    if (this.commitFailure !== undefined) throw new ServerError(this.commitFailure);
    const writes = operations.map(memoryOperation);
    const keys = new Set(writes.map((write) => write.key));
    if (keys.size !== writes.length) throw new Error("one commit writes a key twice");
    for (const write of writes) {
      const revision = this.pairs.get(write.key)?.revision ?? 0;
      if (write.condition !== undefined && write.condition.ifRevision !== revision) {
        throw new ServerError("write_conflict", { detail: `revision of ${write.key}` });
      }
    }
    this.index++;
    for (const { key, value } of writes) {
      if (value === undefined) this.pairs.delete(key);
      else this.pairs.set(key, { value: Buffer.from(value), revision: this.index });
    }
    return { index: this.index };
  }
}

class MemoryOperation implements WriteOperation {
  readonly kind: "put" | "delete";
  constructor(
    readonly key: string,
    readonly value: Buffer | undefined,
    readonly condition: WriteCondition | undefined,
  ) {
    this.kind = value === undefined ? "delete" : "put";
  }
}

function memoryOperation(operation: WriteOperation): MemoryOperation {
  if (!(operation instanceof MemoryOperation)) throw new Error("the operation was not made by a memory view");
  return operation;
}

interface Page {
  readonly after?: string;
  readonly limit: number;
}

class MemoryView implements View {
  constructor(
    readonly barrier: MemoryBarrier,
    readonly keyClass: KeyClass,
    readonly mountId: string,
    private readonly prefix: string,
  ) {}

  get class(): KeyClass {
    return this.keyClass;
  }

  private full(key: string): string {
    return `${this.keyClass}/${this.mountId}/${this.prefix}${key}`;
  }

  async get(key: string): Promise<ViewValue | undefined> {
    this.barrier.check();
    return this.barrier.pairs.get(this.full(key));
  }

  peek(key: string): ViewValue | undefined {
    this.barrier.check();
    return this.barrier.cached ? this.barrier.pairs.get(this.full(key)) : undefined;
  }

  async list(prefix: string, page: Page): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const key of this.keysUnder(prefix)) {
      const slash = key.indexOf("/");
      names.add(slash < 0 ? key : key.slice(0, slash + 1));
    }
    return onePage([...names], page);
  }

  async listAll(prefix: string, page: Page): Promise<readonly string[]> {
    return onePage(
      this.keysUnder(prefix).map((key) => prefix + key),
      page,
    );
  }

  /** Relative to `prefix`. */
  private keysUnder(prefix: string): string[] {
    this.barrier.check();
    const full = this.full(prefix);
    return [...this.barrier.pairs.keys()].filter((key) => key.startsWith(full)).map((key) => key.slice(full.length));
  }

  put(key: string, value: Buffer, condition?: WriteCondition): WriteOperation {
    return new MemoryOperation(this.full(key), value, condition);
  }

  delete(key: string, condition?: WriteCondition): WriteOperation {
    return new MemoryOperation(this.full(key), undefined, condition);
  }

  commit(operations: readonly WriteOperation[]): Promise<CommitReceipt> {
    return this.barrier.commit(operations);
  }

  narrow(prefix: string): View {
    if (!prefix.endsWith("/")) throw new Error("a view is narrowed to a prefix that ends in /");
    return new MemoryView(this.barrier, this.keyClass, this.mountId, this.prefix + prefix);
  }
}

function onePage(names: string[], page: Page): readonly string[] {
  const { after } = page;
  const rest = after === undefined ? names : names.filter((name) => compareBytes(name, after) > 0);
  return rest.sort(compareBytes).slice(0, page.limit);
}

/**
 * A view over a plain map with the conditional semantics of the barrier's views: all operations of a commit or none,
 * `write_conflict` when a condition does not hold. Views over one `barrier` can share a commit.
 */
export function memoryView(keyClass: KeyClass, mountId: string, barrier: MemoryBarrier = new MemoryBarrier()): View {
  return new MemoryView(barrier, keyClass, mountId, "");
}
