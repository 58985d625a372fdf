import { ByteReader, MalformedRecord } from "../../sdk/binary";
import { generationRecordPrefix } from "../../sdk/key-layout";
import type { LogEntry } from "../../sdk/log";
import { corruptRecord, decodeRecord, encodeRecord, type RecordKey } from "../../sdk/record";
import { encodeEntry, readEntry } from "./entry-codec";

/** Entry `index` lies under `g/<generation>/w/<index, 16 hex digits>`, so that keys sort as indices do. */
export function entryKey(generation: string, index: number): string {
  return generationRecordPrefix(generation, "log") + index.toString(16).padStart(16, "0");
}

export function encodeEntryRecord(key: RecordKey, entry: LogEntry): Buffer {
  return encodeRecord(key, recordName(entry.index), encodeEntry(entry));
}

/** @throws `corrupt`, naming the storage key */
export function decodeEntryRecord(key: RecordKey, storageKey: string, index: number, record: Buffer): LogEntry {
  try {
    const reader = new ByteReader(decodeRecord(key, recordName(index), record));
    const entry = readEntry(reader);
    reader.end();
    if (entry.index === index) return entry;
  } catch (error) {
    if (!(error instanceof MalformedRecord)) throw corruptRecord(storageKey);
  }
  throw corruptRecord(storageKey);
}

function recordName(index: number): string {
  return `log/${index}`;
}
