import { decodeCiphertext } from "../../server/replication/log/stored-ciphertext";
import { mountIdOfKey } from "../../server/sdk/key-layout";
import type { LogEntry, LoggedClass } from "../../server/sdk/log";
import type { MemoryDisk } from "../../server/storage/memory/disk";

/** What a cluster holds: ciphertexts by `<class>/<key>`. */
export type Content = ReadonlyMap<string, Buffer>;

const LETTERS: Readonly<Record<LoggedClass, string>> = { replicated: "r", local: "l" };

/** By the stored value itself: what was decoded once is not decoded again. */
const decoded = new WeakMap<Buffer, Buffer>();

function ciphertextOf(keyClass: LoggedClass, key: string, stored: Buffer): Buffer {
  const known = decoded.get(stored);
  if (known !== undefined) return known;
  const ciphertext = decodeCiphertext(keyClass, key, stored);
  decoded.set(stored, ciphertext);
  return ciphertext;
}

/** Reads the content of a generation from the disk itself, past every layer that could hide something. */
export function contentOf(disk: MemoryDisk, generation: string): Map<string, Buffer> {
  const content = new Map<string, Buffer>();
  for (const keyClass of ["replicated", "local"] as const) {
    const prefix = `g/${generation}/${LETTERS[keyClass]}/`;
    for (const pair of disk.range(prefix, undefined, Number.POSITIVE_INFINITY)) {
      const key = pair.key.slice(prefix.length);
      content.set(`${keyClass}/${key}`, ciphertextOf(keyClass, key, pair.value));
    }
  }
  return content;
}

/** The part that a secondary gets. */
export function shippedPart(
  content: Content,
  classes: readonly LoggedClass[],
  isFiltered: (mountId: string) => boolean,
): Map<string, Buffer> {
  const part = new Map<string, Buffer>();
  for (const [name, value] of content) {
    const keyClass = classes.find((one) => name.startsWith(`${one}/`));
    if (keyClass !== undefined && !isFiltered(mountIdOfKey(name.slice(keyClass.length + 1)))) part.set(name, value);
  }
  return part;
}

/** The first name in which two contents differ, undefined where they are equal. */
export function firstDifference(expected: Content, actual: Content): string | undefined {
  for (const [name, value] of expected) {
    const found = actual.get(name);
    if (found === undefined) return `${name} is missing`;
    if (!found.equals(value)) return `${name} has another value`;
  }
  for (const name of actual.keys()) if (!expected.has(name)) return `${name} should not be there`;
  return undefined;
}

interface Session {
  readonly fromIndex: number;
  readonly base: Content;
  lastIndex: number;
  readonly changes: Map<string, { readonly index: number; readonly value: Buffer | undefined }[]>;
}

/** Everything one cluster's log ever held, by index: what the others are compared with. */
export class ClusterHistory {
  private readonly sessions: Session[] = [];
  private readonly entries = new Map<number, LogEntry>();

  /** The log was opened (again), at this index and with this content. */
  opened(lastIndex: number, content: Content): void {
    this.sessions.push({ fromIndex: lastIndex, base: content, lastIndex, changes: new Map() });
  }

  published(entry: LogEntry): void {
    this.entries.set(entry.index, entry);
    const session = this.sessions.at(-1);
    if (session === undefined) throw new Error("an entry before the log was opened");
    session.lastIndex = entry.index;
    for (const { class: keyClass, key, value } of entry.operations) {
      const name = `${keyClass}/${key}`;
      const changes = session.changes.get(name) ?? [];
      session.changes.set(name, changes);
      changes.push({ index: entry.index, value });
    }
  }

  entryAt(index: number): LogEntry | undefined {
    return this.entries.get(index);
  }

  /** How far the log had come at the index in what another cluster wrote; undefined: it is not known. */
  lastFrom(clusterId: string, index: number): number | undefined {
    let last: number | undefined;
    for (const entry of this.entries.values()) {
      if (entry.index > index || entry.origin.clusterId !== clusterId) continue;
      if (last === undefined || entry.origin.index > last) last = entry.origin.index;
    }
    return last;
  }

  /** The content at the index; undefined where a crash left a gap in what is known. */
  at(index: number): Content | undefined {
    const session = this.sessions.findLast(({ fromIndex }) => fromIndex <= index);
    if (session === undefined || session.lastIndex < index) return undefined;
    const content = new Map(session.base);
    for (const [name, changes] of session.changes) {
      const last = changes.findLast((change) => change.index <= index);
      if (last?.value !== undefined) content.set(name, last.value);
      else if (last !== undefined) content.delete(name);
    }
    return content;
  }
}
