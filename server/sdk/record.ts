import { constantTimeEqual, HmacKey, hmacSha256, type SecretKey } from "./crypto";
import { ServerError } from "./errors";

/**
 * The frame of every stored record that is not the barrier's ciphertext:
 * version (1) | body length (4) | body | first 16 bytes of HMAC-SHA256(key, name 0x00 version length body).
 * `name` is where the record lies, so a record that was moved is refused as well.
 */
const VERSION = 1;
const HEADER_BYTES = 5;
const MAC_BYTES = 16;

/** For records that must be readable before any key is: finds damage, not malice. */
export const PUBLIC_RECORD_KEY = Buffer.alloc(32);

/** `HmacKey`: the same record, for who makes many. */
export type RecordKey = SecretKey | Buffer | HmacKey;

export function encodeRecord(key: RecordKey, name: string, body: Buffer): Buffer {
  const record = Buffer.allocUnsafe(HEADER_BYTES + body.length + MAC_BYTES);
  record.writeUInt8(VERSION, 0);
  record.writeUInt32BE(body.length, 1);
  body.copy(record, HEADER_BYTES);
  const framed = record.subarray(0, HEADER_BYTES + body.length);
  macOf(key, name, framed).copy(record, framed.length, 0, MAC_BYTES);
  return record;
}

/** The body: a view of the record. @throws `corrupt`, its detail naming the record */
export function decodeRecord(key: RecordKey, name: string, record: Buffer): Buffer {
  const bodyEnd = record.length - MAC_BYTES;
  if (bodyEnd < HEADER_BYTES || record.readUInt32BE(1) !== bodyEnd - HEADER_BYTES) throw corruptRecord(name);
  const mac = macOf(key, name, record.subarray(0, bodyEnd)).subarray(0, MAC_BYTES);
  if (!constantTimeEqual(mac, record.subarray(bodyEnd))) throw corruptRecord(name);
  if (record.readUInt8(0) !== VERSION) {
    throw new ServerError("corrupt", {
      detail: `${name} has record version ${record.readUInt8(0)}, this build knows 1`,
    });
  }
  return record.subarray(HEADER_BYTES, bodyEnd);
}

function macOf(key: RecordKey, name: string, framed: Buffer): Buffer {
  return key instanceof HmacKey ? key.digest(`${name}\0`, framed) : hmacSha256(key, name, "\0", framed);
}

export function corruptRecord(name: string): ServerError {
  return new ServerError("corrupt", { publicText: `stored data is corrupt: ${name}`, detail: `corrupt: ${name}` });
}
