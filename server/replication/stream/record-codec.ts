import { isPlausible } from "../../sdk/lineage";
import type {
  Epoch,
  ExportedPair,
  IndexDelta,
  Lineage,
  LogEntry,
  LoggedClass,
  LogOperation,
  UpstreamCursor,
} from "../../sdk/log";
import { MalformedFrame, type WireReader, WireWriter } from "./wire";

const CLASS_CODES: Readonly<Record<LoggedClass, number>> = { replicated: 0, local: 1 };
export const SUM_BYTES = 32;
/** Class, mount, key and the presence of a value take at least a byte each. */
const OPERATION_BYTES_MIN = 4;
const DELTA_BYTES_MIN = 2 + SUM_BYTES;

export function writeClass(writer: WireWriter, keyClass: LoggedClass): void {
  writer.number(CLASS_CODES[keyClass]);
}

export function readClass(reader: WireReader): LoggedClass {
  const code = reader.number();
  if (code === CLASS_CODES.replicated) return "replicated";
  if (code === CLASS_CODES.local) return "local";
  throw new MalformedFrame("unknown key class");
}

export function writeEpoch(writer: WireWriter, epoch: Epoch): void {
  writer.number(epoch.number).text(epoch.clusterId);
}

export function readEpoch(reader: WireReader): Epoch {
  return { number: reader.number(), clusterId: reader.text() };
}

export function writeLineage(writer: WireWriter, lineage: Lineage): void {
  writer.number(lineage.length);
  for (const step of lineage) {
    writeEpoch(writer, step.epoch);
    writer.number(step.startIndex);
    if (step.after === undefined) writer.number(0);
    else writer.number(1).text(step.after.clusterId).number(step.after.index);
  }
}

export function readLineage(reader: WireReader): Lineage {
  const lineage = repeat(reader.count(4), () => {
    const step = { epoch: readEpoch(reader), startIndex: reader.number() };
    if (reader.number() === 0) return step;
    return { ...step, after: { clusterId: reader.text(), index: reader.number() } };
  });
  if (!isPlausible(lineage)) throw new MalformedFrame("not the history of a set");
  return lineage;
}

export function writeCursor(writer: WireWriter, cursor: UpstreamCursor): void {
  writer.text(cursor.clusterId);
  writeEpoch(writer, cursor.epoch);
  writer.number(cursor.index).fixed(cursor.checksums.replicated).fixed(cursor.checksums.local);
}

export function readCursor(reader: WireReader): UpstreamCursor {
  return {
    clusterId: reader.text(),
    epoch: readEpoch(reader),
    index: reader.number(),
    checksums: { replicated: reader.fixed(SUM_BYTES), local: reader.fixed(SUM_BYTES) },
  };
}

export function writeOperations(writer: WireWriter, operations: readonly LogOperation[]): void {
  writer.number(operations.length);
  for (const operation of operations) {
    writeClass(writer, operation.class);
    writer.text(operation.mountId).text(operation.key);
    if (operation.value === undefined) writer.number(0);
    else writer.number(1).buffer(operation.value);
  }
}

export function readOperations(reader: WireReader): readonly LogOperation[] {
  return repeat(reader.count(OPERATION_BYTES_MIN), () => ({
    class: readClass(reader),
    mountId: reader.text(),
    key: reader.text(),
    value: reader.number() === 0 ? undefined : reader.buffer(),
  }));
}

export function writePairs(writer: WireWriter, pairs: readonly ExportedPair[]): void {
  writer.number(pairs.length);
  for (const pair of pairs) {
    writeClass(writer, pair.class);
    writer.text(pair.mountId).text(pair.key).buffer(pair.value);
  }
}

export function readPairs(reader: WireReader): readonly ExportedPair[] {
  return repeat(reader.count(OPERATION_BYTES_MIN), () => ({
    class: readClass(reader),
    mountId: reader.text(),
    key: reader.text(),
    value: reader.buffer(),
  }));
}

function writeDeltas(writer: WireWriter, deltas: readonly IndexDelta[]): void {
  writer.number(deltas.length);
  for (const delta of deltas) {
    writeClass(writer, delta.class);
    writer.text(delta.mountId).fixed(delta.delta);
  }
}

function readDeltas(reader: WireReader): readonly IndexDelta[] {
  return repeat(reader.count(DELTA_BYTES_MIN), () => ({
    class: readClass(reader),
    mountId: reader.text(),
    delta: reader.fixed(SUM_BYTES),
  }));
}

export function writeEntry(writer: WireWriter, entry: LogEntry): void {
  writer.number(entry.version).number(entry.index);
  writeEpoch(writer, entry.epochs.performance);
  writeEpoch(writer, entry.epochs.dr);
  writer.text(entry.origin.clusterId).number(entry.origin.index);
  writeOperations(writer, entry.operations);
  writeDeltas(writer, entry.indexDelta);
  writer.number(Math.max(0, Math.floor(entry.writtenAtMilliseconds)));
}

export function readEntry(reader: WireReader): LogEntry {
  if (reader.number() !== 1) throw new MalformedFrame("unknown entry version");
  return {
    version: 1,
    index: reader.number(),
    epochs: { performance: readEpoch(reader), dr: readEpoch(reader) },
    origin: { clusterId: reader.text(), index: reader.number() },
    operations: readOperations(reader),
    indexDelta: readDeltas(reader),
    writtenAtMilliseconds: reader.number(),
  };
}

/** The entries behind each other, as `writeEntry` writes them. */
export function encodedEntries(entries: readonly LogEntry[]): Buffer {
  const writer = new WireWriter(entries.reduce((sum, entry) => sum + entryBytes(entry), 0));
  for (const entry of entries) writeEntry(writer, entry);
  return writer.finish();
}

/** Bytes that an entry takes on the wire, roughly: for windows and frame sizes. */
export function entryBytes(entry: LogEntry): number {
  let bytes = 160 + entry.indexDelta.length * 80;
  for (const operation of entry.operations) {
    bytes += 48 + operation.key.length + (operation.value?.length ?? 0);
  }
  return bytes;
}

export function repeat<T>(count: number, read: () => T): readonly T[] {
  const items: T[] = [];
  for (let index = 0; index < count; index += 1) items.push(read());
  return items;
}
