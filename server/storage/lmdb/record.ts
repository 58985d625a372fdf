/** Stored form of a value: its revision as a big-endian 64-bit integer, then its bytes. */
export const REVISION_BYTES = 8;

/** @param record where to: `recordBytes` of it */
export function encodeRecord(
  revision: number,
  value: Buffer,
  record: Buffer = Buffer.allocUnsafe(recordBytes(value)),
): Buffer {
  setRevision(record, revision);
  value.copy(record, REVISION_BYTES);
  return record;
}

/** The record whose value lies there already, behind as many bytes as the revision takes. */
export function recordAround(value: Buffer): Buffer {
  return Buffer.from(value.buffer, value.byteOffset - REVISION_BYTES, recordBytes(value));
}

export function recordBytes(value: Buffer): number {
  return REVISION_BYTES + value.length;
}

export function setRevision(record: Buffer, revision: number): void {
  record.writeUInt32BE(Math.floor(revision / 2 ** 32), 0);
  record.writeUInt32BE(revision % 2 ** 32, 4);
}

/** @throws Error when the record is too short to be one */
export function revisionOf(record: Uint8Array): number {
  if (record.length < REVISION_BYTES) throw new Error("the storage holds a record that is cut off");
  const view = new DataView(record.buffer, record.byteOffset, REVISION_BYTES);
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4);
}

/** Shares the record's memory. */
export function payloadOf(record: Uint8Array): Buffer {
  return Buffer.from(record.buffer, record.byteOffset + REVISION_BYTES, record.length - REVISION_BYTES);
}
