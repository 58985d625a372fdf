import { crc32 } from "node:zlib";
import { CHECKSUM_BYTES } from "../../sdk/checksum";
import { generationRecordPrefix } from "../../sdk/key-layout";
import type { LoggedClass } from "../../sdk/log";
import { corruptRecord } from "../../sdk/record";
import type { BucketIndex, LeafChange } from "./bucket-index";

/*
 * A journal record lies under `g/<generation>/j/<sequence, 16 hex digits>` and holds what one commit made of many leaves:
 *
 *   for each (class, mount): class (1) | length of the mount id (2) | mount id | leaves (4) | per leaf: its number (2), its sum (32)
 *   at the end               CRC-32 of key and all that (4)
 *
 * As with leaves the CRC names a damaged record, and that no record is missing shows in the sum that the log's state seals.
 */

/** The leaves of one (class, mount) that a commit changes. */
export interface JournaledMount {
  readonly class: LoggedClass;
  readonly mountId: string;
  readonly changes: readonly LeafChange[];
}

/** Called for each leaf of a record, in its order; `sum` is a view of the record. */
export type JournaledLeaf = (keyClass: LoggedClass, mountId: string, leaf: number, sum: Buffer) => void;

const CRC_BYTES = 4;
const HEADER_BYTES = 7;
const LEAF_BYTES = 2 + CHECKSUM_BYTES;
const LETTER_OF: Readonly<Record<LoggedClass, number>> = { replicated: 0x72, local: 0x6c };

export function journalKey(generation: string, sequence: number): string {
  return generationRecordPrefix(generation, "journal") + sequence.toString(16).padStart(16, "0");
}

/** @throws `corrupt` for a key that `journalKey` did not make */
export function sequenceOfJournal(key: string, prefix: string): number {
  const digits = key.slice(prefix.length);
  const sequence = Number.parseInt(digits, 16);
  if (!/^[0-9a-f]{16}$/.test(digits) || !Number.isSafeInteger(sequence)) throw corruptRecord(key);
  return sequence;
}

/**
 * @param key where the record will lie: part of its CRC
 * @param index as it is before the changes
 * @returns the record: 4 bytes, and for each mount 7, its id and 34 for each leaf
 */
export function encodeJournal(key: string, index: BucketIndex, mounts: readonly JournaledMount[]): Buffer {
  let size = CRC_BYTES;
  for (const { mountId, changes } of mounts) {
    size += HEADER_BYTES + Buffer.byteLength(mountId) + changes.length * LEAF_BYTES;
  }
  const record = Buffer.allocUnsafe(size);
  let end = 0;
  for (const { class: keyClass, mountId, changes } of mounts) {
    end = record.writeUInt8(LETTER_OF[keyClass], end);
    end = record.writeUInt16BE(Buffer.byteLength(mountId), end);
    end += record.write(mountId, end, "utf8");
    end = record.writeUInt32BE(changes.length, end);
    for (const change of changes) {
      end = record.writeUInt16BE(change.leaf, end);
      index.writeSumAfter(change, record, end);
      end += CHECKSUM_BYTES;
    }
  }
  record.writeUInt32BE(checksumOf(key, record.subarray(0, end)), end);
  return record;
}

/** @throws `corrupt` naming the key */
export function readJournal(key: string, record: Buffer, take: JournaledLeaf): void {
  const end = record.length - CRC_BYTES;
  if (end < 0 || record.readUInt32BE(end) !== checksumOf(key, record.subarray(0, end))) throw corruptRecord(key);
  for (let at = 0; at < end; ) {
    if (at + HEADER_BYTES > end) throw corruptRecord(key);
    const keyClass = classOf(record.readUInt8(at));
    const idEnd = at + 3 + record.readUInt16BE(at + 1);
    if (keyClass === undefined || idEnd + 4 > end) throw corruptRecord(key);
    const mountId = record.toString("utf8", at + 3, idEnd);
    const leaves = record.readUInt32BE(idEnd);
    at = idEnd + 4;
    if (at + leaves * LEAF_BYTES > end) throw corruptRecord(key);
    for (let read = 0; read < leaves; read += 1, at += LEAF_BYTES) {
      take(keyClass, mountId, record.readUInt16BE(at), record.subarray(at + 2, at + LEAF_BYTES));
    }
  }
}

function classOf(letter: number): LoggedClass | undefined {
  if (letter === LETTER_OF.replicated) return "replicated";
  return letter === LETTER_OF.local ? "local" : undefined;
}

function checksumOf(key: string, bytes: Buffer): number {
  return crc32(bytes, crc32(key.slice(key.indexOf("/j/"))));
}
