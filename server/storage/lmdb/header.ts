import { closeSync, openSync, readSync } from "node:fs";

/** Two pages of this form begin a data file; the engine ends the process when it is given something else. */
const MAGIC = 0xbeefc0de;
const MAGIC_OFFSET = 24;
const PAGE_SIZE_OFFSET = 48;
const PAGE_BYTES_MIN = 256;
const PAGE_BYTES_MAX = 65_536;

/** @throws Error when the file does not begin as a data file does */
export function checkHeader(dataFile: string): void {
  const descriptor = openSync(dataFile, "r");
  try {
    const header = Buffer.alloc(PAGE_BYTES_MAX * 2);
    const length = readSync(descriptor, header, 0, header.length, 0);
    if (isHeader(header.subarray(0, length))) return;
  } finally {
    closeSync(descriptor);
  }
  throw new Error(`${dataFile} is no data file, or it is damaged; restore it, or remove it to start with nothing`);
}

function isHeader(header: Buffer): boolean {
  if (header.length < PAGE_BYTES_MIN) return false;
  // In the byte order of the machine; all that the engine is built for have this one.
  const pageBytes = header.readUInt32LE(PAGE_SIZE_OFFSET);
  if (pageBytes < PAGE_BYTES_MIN || pageBytes > PAGE_BYTES_MAX || header.length < pageBytes * 2) return false;
  return [0, pageBytes].every((page) => header.readUInt32LE(page + MAGIC_OFFSET) === MAGIC);
}
