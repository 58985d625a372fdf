import { addChecksum, scratchChecksum, subtractChecksum } from "../../sdk/checksum";
import { ServerError } from "../../sdk/errors";
import { authenticatedPath, mountIdOfKey } from "../../sdk/key-layout";
import type {
  AppendOperation,
  IndexDelta,
  KeyClass,
  LogEntry,
  LoggedClass,
  ReachedCursor,
  UpstreamCursor,
} from "../../sdk/log";
import { LogDivergence } from "../../sdk/log";
import { type CommitBatch, HEADROOM_BYTES, type Precondition, type Put } from "../../sdk/storage";
import type { LeafChange } from "../index/bucket-index";
import type { LeafWrites } from "../index/leaf-writer";
import { encodeEntryRecord, entryKey } from "./log-record";
import { encodeState, type LogState, stateKey } from "./log-state";
import type { LogStore } from "./log-store";
import { SHIPPED } from "./shipped-classes";
import { decodeCiphertext, encodeCiphertext, storedBytes } from "./stored-ciphertext";

/** A key as this commit will leave it. `stored` is undecoded until an operation needs the old value. */
interface Slot {
  readonly class: KeyClass;
  readonly key: string;
  /** Where it lies in the storage. */
  readonly place: string;
  stored: Buffer | undefined;
  value: Buffer | undefined;
  /** 0: does not exist; PENDING: written by this very commit, so no revision that anybody has read. */
  revision: number;
  changed: boolean;
}

const PENDING = -1;

interface EncodedValues {
  readonly puts: readonly Put[];
  readonly deletes: readonly string[];
}

/** Fields of the state that an append may set. */
export type StateChange = Partial<Pick<LogState, "epochs" | "cursors">>;

/** Collects what one storage commit will hold. Nothing outside of it changes before `settle`. */
export class StagedCommit {
  readonly entries: LogEntry[] = [];
  operationCount = 0;
  private stateChanged = false;
  private readonly slots: Readonly<Record<KeyClass, Map<string, Slot>>> = {
    replicated: new Map(),
    local: new Map(),
    node: new Map(),
  };
  private readonly changedMounts: Readonly<Record<LoggedClass, Map<string, Map<number, LeafChange>>>> = {
    replicated: new Map(),
    local: new Map(),
  };
  private readonly records: { key: string; value: Buffer }[] = [];
  private readonly dropped: string[] = [];
  private readonly others: { key: string; value: Buffer }[] = [];
  private next: LogState;
  private leafWrites: LeafWrites | undefined;
  private values: EncodedValues | undefined;

  /** @param before a commit that is on its way: it has to be durable before this one is given to the storage */
  constructor(
    private readonly store: LogStore,
    private before?: StagedCommit,
  ) {
    const { replicated, local } = before?.next.checksums ?? {
      replicated: store.index.classSum("replicated"),
      local: store.index.classSum("local"),
    };
    const checksums = { replicated: Buffer.from(replicated), local: Buffer.from(local) };
    this.next = { ...(before?.next ?? store.state), checksums };
  }

  get state(): LogState {
    return this.next;
  }

  get hasChanges(): boolean {
    return this.operationCount > 0 || this.entries.length > 0 || this.stateChanged;
  }

  /** Reads the stored values that the operations replace, all from one moment. */
  async load(operations: Iterable<AppendOperation>): Promise<void> {
    const wanted: Slot[] = [];
    for (const { class: keyClass, key } of operations) {
      const slots = this.slots[keyClass];
      if (slots.has(key)) continue;
      const place = this.store.storageKey(keyClass, key);
      const slot = { class: keyClass, key, place, stored: undefined, value: undefined, revision: 0, changed: false };
      slots.set(key, slot);
      if (!this.takeOver(slot)) wanted.push(slot);
    }
    const found = await this.store.storage.read(wanted.map((slot) => slot.place));
    for (const [at, slot] of wanted.entries()) {
      slot.stored = found[at]?.value;
      slot.revision = found[at]?.revision ?? 0;
    }
  }

  /** Whether a key of the operations is part of this commit. */
  touches(operations: readonly AppendOperation[]): boolean {
    return operations.some((operation) => this.slots[operation.class].has(operation.key));
  }

  /** @throws `write_conflict`, `corrupt`: the operations cannot be part of this commit */
  check(operations: readonly AppendOperation[]): void {
    for (const { class: keyClass, key, ifRevision } of operations) {
      const slot = this.slot(keyClass, key);
      if (ifRevision !== undefined && ifRevision !== slot.revision) {
        throw new ServerError("write_conflict", { detail: `revision of ${authenticatedPath(keyClass, key)}` });
      }
      this.decode(slot);
    }
  }

  /** Takes the operations in; they have passed `check`. @returns what they do to the index, per class and mount */
  apply(operations: readonly AppendOperation[]): readonly IndexDelta[] {
    if (this.values !== undefined) throw new Error("an operation came after the values were encoded");
    const deltas: IndexDelta[] = [];
    for (const { class: keyClass, key, value } of operations) {
      const slot = this.slot(keyClass, key);
      this.decode(slot);
      if (keyClass !== "node") this.changeIndex(keyClass, key, slot.value, value, deltas);
      slot.value = value;
      slot.revision = value === undefined ? 0 : PENDING;
      slot.changed = true;
      this.operationCount++;
    }
    return deltas;
  }

  addEntry(entry: LogEntry): void {
    const value = encodeEntryRecord(this.store.recordKey, entry);
    this.records.push({ key: entryKey(this.store.generation, entry.index), value });
    this.entries.push(entry);
    this.next = { ...this.next, lastIndex: entry.index, storedBytes: this.next.storedBytes + value.length };
  }

  changeState(change: StateChange): void {
    this.next = { ...this.next, ...change };
    this.stateChanged = true;
  }

  /**
   * What this commit has led to so far is what the upstream held at the cursor; from here on this cluster writes in its epoch.
   * @throws LogDivergence when it is not
   */
  moveCursor({ mode, cursor }: ReachedCursor): void {
    for (const keyClass of SHIPPED[mode]) {
      if (this.next.checksums[keyClass].equals(cursor.checksums[keyClass])) continue;
      throw new LogDivergence(cursor.index, `checksum of class ${keyClass}`);
    }
    const { epochs, cursors } = this.next;
    this.changeState({
      epochs: { ...epochs, [mode]: cursor.epoch },
      cursors: { ...cursors, [mode]: copyOfCursor(cursor) },
    });
  }

  /** Sets a leaf right that does not say what is stored. */
  correctLeaf(change: LeafChange): void {
    this.leavesOf(change.class, change.mountId).set(change.leaf, change);
    addChecksum(this.next.checksums[change.class], change.delta);
    this.stateChanged = true;
  }

  /** Any other record of the generation. */
  addRecord(key: string, value: Buffer): void {
    this.others.push({ key, value });
    this.stateChanged = true;
  }

  /** The log of a new generation begins after the index that the one before it reached. */
  beginLog(state: Pick<LogState, "lastIndex" | "epochs" | "cursors">): void {
    this.next = { ...this.next, ...state, oldestIndex: state.lastIndex + 1, storedBytes: 0 };
    this.stateChanged = true;
  }

  /** The log begins later: the records before go. */
  dropRecords(keys: readonly string[], oldestIndex: number, storedBytes: number): void {
    this.dropped.push(...keys);
    this.next = { ...this.next, oldestIndex, storedBytes };
    this.stateChanged = true;
  }

  /** The commit's batch. The first new entry must not exist: another writer of this log would have written it. */
  batch(fence: readonly Precondition[]): CommitBatch {
    const values = this.encodeValues();
    const puts = [...this.records, ...this.others, ...values.puts];
    const deletes = [...this.dropped, ...values.deletes];
    this.leafWrites = this.store.leaves.plan(this.store.index, this.changedMounts);
    puts.push(...this.leafWrites.puts);
    deletes.push(...this.leafWrites.deletes);
    const state = encodeState(this.store.recordKey, this.store.generation, this.next);
    puts.push({ key: stateKey(this.store.generation), value: state });
    const first = this.records[0];
    const preconditions = first === undefined ? fence : [...fence, { key: first.key, revision: 0 }];
    return { preconditions, puts, deletes };
  }

  /** The batch is durable: memory follows. */
  settle(): void {
    for (const change of this.leafChanges()) this.store.index.add(change);
    this.leafWrites?.settle();
    this.store.state = this.next;
    this.before = undefined;
  }

  /**
   * The part of the batch that no other commit has a say in: may be called ahead, once all operations are in.
   * The stored forms lie in one buffer, with room for the engine's header: an allocation each, or a copy more, costs more than
   * all the rest where values are large.
   */
  encodeValues(): EncodedValues {
    if (this.values !== undefined) return this.values;
    const puts: Put[] = [];
    const deletes: string[] = [];
    const changed = Object.values(this.slots).flatMap((slots) => [...slots.values()].filter((slot) => slot.changed));
    let bytes = 0;
    for (const { value } of changed) bytes += value === undefined ? 0 : HEADROOM_BYTES + storedBytes(value);
    const all = Buffer.allocUnsafe(bytes);
    let end = 0;
    for (const { class: keyClass, key, place, value } of changed) {
      if (value === undefined) {
        deletes.push(place);
        continue;
      }
      const start = end + HEADROOM_BYTES;
      end = start + storedBytes(value);
      const stored = encodeCiphertext(keyClass, key, value, all.subarray(start, end));
      puts.push({ key: place, value: stored, headroomBytes: HEADROOM_BYTES });
    }
    this.values = { puts, deletes };
    return this.values;
  }

  private leavesOf(keyClass: LoggedClass, mountId: string): Map<number, LeafChange> {
    const mounts = this.changedMounts[keyClass];
    const leaves = mounts.get(mountId) ?? new Map<number, LeafChange>();
    mounts.set(mountId, leaves);
    return leaves;
  }

  private *leafChanges(): Generator<LeafChange> {
    for (const mounts of Object.values(this.changedMounts))
      for (const leaves of mounts.values()) yield* leaves.values();
  }

  /** What the commit before this one writes is not in the storage yet. */
  private takeOver(slot: Slot): boolean {
    const earlier = this.before?.slots[slot.class].get(slot.key);
    if (earlier?.changed !== true) return false;
    slot.value = earlier.value;
    slot.revision = earlier.revision;
    return true;
  }

  private slot(keyClass: KeyClass, key: string): Slot {
    const slot = this.slots[keyClass].get(key);
    if (slot === undefined) throw new Error("staged an operation that was not loaded");
    return slot;
  }

  private decode(slot: Slot): void {
    if (slot.stored === undefined) return;
    if (slot.class !== "node") slot.value = decodeCiphertext(slot.class, slot.key, slot.stored);
    slot.stored = undefined;
  }

  private changeIndex(
    keyClass: LoggedClass,
    key: string,
    before: Buffer | undefined,
    after: Buffer | undefined,
    deltas: IndexDelta[],
  ): void {
    const mountId = mountIdOfKey(key);
    const entryDelta = deltaOf(deltas, keyClass, mountId);
    const leaf = this.store.hasher.leafOf(key);
    const leaves = this.leavesOf(keyClass, mountId);
    const leafChange = leaves.get(leaf) ?? { class: keyClass, mountId, leaf, delta: scratchChecksum() };
    leaves.set(leaf, leafChange);
    const sums = [entryDelta.delta, leafChange.delta, this.next.checksums[keyClass]];
    if (before !== undefined) {
      const element = this.store.hasher.element(keyClass, mountId, key, before);
      for (const sum of sums) subtractChecksum(sum, element);
    }
    if (after !== undefined) {
      const element = this.store.hasher.element(keyClass, mountId, key, after);
      for (const sum of sums) addChecksum(sum, element);
    }
  }
}

/** Checksums are copied: staged ones go on changing. */
function copyOfCursor(cursor: UpstreamCursor): UpstreamCursor {
  const { replicated, local } = cursor.checksums;
  return { ...cursor, checksums: { replicated: Buffer.from(replicated), local: Buffer.from(local) } };
}

/** Of the few mounts that one entry changes, nearly always one. */
function deltaOf(deltas: IndexDelta[], keyClass: LoggedClass, mountId: string): IndexDelta {
  const known = deltas.find((delta) => delta.mountId === mountId && delta.class === keyClass);
  if (known !== undefined) return known;
  const delta = { class: keyClass, mountId, delta: scratchChecksum() };
  deltas.push(delta);
  return delta;
}
