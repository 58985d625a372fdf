import { crc32 } from "node:zlib";
import { authenticatedPath } from "../../sdk/key-layout";
import type { KeyClass } from "../../sdk/log";
import { corruptRecord } from "../../sdk/record";

/**
 * A data key's stored value: ciphertext | CRC-32 of path and ciphertext. The cipher finds any change when the value is
 * decrypted; the CRC finds damage where it is not: before an old value's hash is taken out of the index, and in exports.
 */
const CRC_BYTES = 4;

/** @param stored where to: `storedBytes` of it */
export function encodeCiphertext(
  keyClass: KeyClass,
  key: string,
  ciphertext: Buffer,
  stored: Buffer = Buffer.allocUnsafe(storedBytes(ciphertext)),
): Buffer {
  ciphertext.copy(stored);
  stored.writeUInt32BE(crc32(ciphertext, crc32(authenticatedPath(keyClass, key))), ciphertext.length);
  return stored;
}

export function storedBytes(ciphertext: Buffer): number {
  return ciphertext.length + CRC_BYTES;
}

/** A view of the stored bytes. @throws `corrupt` naming the key */
export function decodeCiphertext(keyClass: KeyClass, key: string, stored: Buffer): Buffer {
  const end = stored.length - CRC_BYTES;
  if (end < 0) throw corruptRecord(authenticatedPath(keyClass, key));
  const ciphertext = stored.subarray(0, end);
  if (stored.readUInt32BE(end) !== crc32(ciphertext, crc32(authenticatedPath(keyClass, key)))) {
    throw corruptRecord(authenticatedPath(keyClass, key));
  }
  return ciphertext;
}
