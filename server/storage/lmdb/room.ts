import { closeSync, constants, openSync, statSync, unlinkSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

const PROBE_BYTES = 64 * 1024;

/** What an operating system says of a full disk, a full quota and a file at its size limit. */
const FULL_CODES: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/**
 * Whether a file beside `dataFile` can be written to where that one ends. A write that ends in the middle because the disk is
 * full is reported by LMDB as an input/output error; this tells the two apart.
 */
export function hasRoom(dataFile: string): boolean {
  const probe = join(dirname(dataFile), "probe");
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
    const descriptor = openSync(probe, flags, 0o600);
    try {
      return writeSync(descriptor, Buffer.alloc(PROBE_BYTES), 0, PROBE_BYTES, statSync(dataFile).size) === PROBE_BYTES;
    } finally {
      closeSync(descriptor);
      unlinkSync(probe);
    }
  } catch (error) {
    return !(error instanceof Error && "code" in error && FULL_CODES.has(error.code));
  }
}
