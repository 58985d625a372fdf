import { crc32 } from "node:zlib";
import { CHECKSUM_BYTES } from "../../sdk/checksum";
import { generationRecordPrefix } from "../../sdk/key-layout";
import type { LoggedClass } from "../../sdk/log";
import { corruptRecord } from "../../sdk/record";
import type { LeafPlace } from "./bucket-index";

/**
 * One leaf lies under `g/<generation>/i/<class letter>/<mount id>/<leaf, 4 hex digits>`: its sum (32) | CRC-32 of key and sum.
 * The CRC names a damaged leaf; that the leaves are the right ones shows in their sum, which the log's state record seals.
 */
const LETTER: Readonly<Record<LoggedClass, string>> = { replicated: "r", local: "l" };

export function leafKey(generation: string, { class: keyClass, mountId, leaf }: LeafPlace): string {
  const prefix = generationRecordPrefix(generation, "index");
  return `${prefix}${LETTER[keyClass]}/${mountId}/${leaf.toString(16).padStart(4, "0")}`;
}

export function encodeLeaf(key: string, sum: Buffer): Buffer {
  const record = Buffer.allocUnsafe(CHECKSUM_BYTES + 4);
  sum.copy(record);
  record.writeUInt32BE(crc32(sum, crc32(withoutGeneration(key))), CHECKSUM_BYTES);
  return record;
}

/** A view of the record. @throws `corrupt` naming the key */
export function decodeLeaf(key: string, record: Buffer): Buffer {
  const sum = record.subarray(0, CHECKSUM_BYTES);
  const valid = record.length === CHECKSUM_BYTES + 4;
  if (!valid || record.readUInt32BE(CHECKSUM_BYTES) !== crc32(sum, crc32(withoutGeneration(key)))) {
    throw corruptRecord(key);
  }
  return sum;
}

/** What `leafKey` wrote. @throws `corrupt` naming the key */
export function placeOfLeaf(key: string, prefix: string): LeafPlace {
  const [letter, mountId, leaf] = key.slice(prefix.length).split("/");
  if (mountId === undefined || leaf === undefined || !/^[0-9a-f]{4}$/.test(leaf)) throw corruptRecord(key);
  if (letter !== "r" && letter !== "l") throw corruptRecord(key);
  return { class: letter === "r" ? "replicated" : "local", mountId, leaf: Number.parseInt(leaf, 16) };
}

function withoutGeneration(key: string): string {
  return key.slice(key.indexOf("/i/"));
}
