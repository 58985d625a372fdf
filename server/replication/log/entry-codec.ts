import { type ByteReader, ByteWriter, MalformedRecord } from "../../sdk/binary";
import { CHECKSUM_BYTES } from "../../sdk/checksum";
import { mountIdOfKey } from "../../sdk/key-layout";
import type { Epoch, IndexDelta, LogEntry, LoggedClass, LogOperation, UpstreamCursor } from "../../sdk/log";

/**
 * Entry format, version 1, on disk and on the wire: compact and big-endian. An operation's mount id is not written: it
 * follows from the key, so no entry can lie about it to a filter.
 */
const VERSION = 1;
const REPLICATED = 0;
const LOCAL = 1;
const DELETE = 2;

export function writeEntry(writer: ByteWriter, entry: LogEntry): void {
  writer.byte(VERSION).integer(entry.index);
  writeEpoch(writer, entry.epochs.performance);
  writeEpoch(writer, entry.epochs.dr);
  writer.text(entry.origin.clusterId).integer(entry.origin.index).integer(entry.writtenAtMilliseconds);
  writer.uint32(entry.indexDelta.length);
  for (const { class: keyClass, mountId, delta } of entry.indexDelta) {
    writer.byte(classNumber(keyClass)).text(mountId).raw(delta);
  }
  writer.uint32(entry.operations.length);
  for (const operation of entry.operations) writeOperation(writer, operation);
}

/** The buffers are views of what the reader reads. @throws MalformedRecord */
export function readEntry(reader: ByteReader): LogEntry {
  const version = reader.byte();
  if (version !== VERSION) throw new MalformedRecord(`entry version ${version}`);
  return {
    version,
    index: reader.integer(),
    epochs: { performance: readEpoch(reader), dr: readEpoch(reader) },
    origin: { clusterId: reader.text(), index: reader.integer() },
    writtenAtMilliseconds: reader.integer(),
    indexDelta: reader.list(() => readDelta(reader)),
    operations: reader.list(() => readOperation(reader)),
  };
}

/** Bytes that the entry takes, near enough to allocate once and to keep limits. */
export function entrySizeBytes(entry: LogEntry): number {
  let size = 256 + entry.indexDelta.length * 96;
  for (const { key, value } of entry.operations) size += 12 + key.length + (value?.length ?? 0);
  return size;
}

export function encodeEntry(entry: LogEntry): Buffer {
  const writer = ByteWriter.pooled(entrySizeBytes(entry));
  writeEntry(writer, entry);
  return writer.finish();
}

export function writeEpoch(writer: ByteWriter, epoch: Epoch): void {
  writer.uint32(epoch.number).text(epoch.clusterId);
}

export function readEpoch(reader: ByteReader): Epoch {
  return { number: reader.uint32(), clusterId: reader.text() };
}

export function writeCursor(writer: ByteWriter, cursor: UpstreamCursor): void {
  writer.text(cursor.clusterId);
  writeEpoch(writer, cursor.epoch);
  writer.integer(cursor.index).raw(cursor.checksums.replicated).raw(cursor.checksums.local);
}

export function readCursor(reader: ByteReader): UpstreamCursor {
  return {
    clusterId: reader.text(),
    epoch: readEpoch(reader),
    index: reader.integer(),
    checksums: {
      replicated: Buffer.from(reader.raw(CHECKSUM_BYTES)),
      local: Buffer.from(reader.raw(CHECKSUM_BYTES)),
    },
  };
}

function writeOperation(writer: ByteWriter, { class: keyClass, key, value }: LogOperation): void {
  writer.byte(classNumber(keyClass) | (value === undefined ? DELETE : 0)).text(key);
  if (value !== undefined) writer.bytes(value);
}

function readOperation(reader: ByteReader): LogOperation {
  const kind = reader.byte();
  if (kind > (LOCAL | DELETE)) throw new MalformedRecord(`operation kind ${kind}`);
  const key = reader.text();
  const value = (kind & DELETE) === 0 ? reader.bytes() : undefined;
  return { class: classOfNumber(kind & LOCAL), mountId: mountIdOfKey(key), key, value };
}

function readDelta(reader: ByteReader): IndexDelta {
  return { class: classOfNumber(reader.byte()), mountId: reader.text(), delta: reader.raw(CHECKSUM_BYTES) };
}

function classNumber(keyClass: LoggedClass): number {
  return keyClass === "replicated" ? REPLICATED : LOCAL;
}

function classOfNumber(number: number): LoggedClass {
  if (number !== REPLICATED && number !== LOCAL) throw new MalformedRecord(`class ${number}`);
  return number === REPLICATED ? "replicated" : "local";
}
