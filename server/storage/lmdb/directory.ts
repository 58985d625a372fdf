import { closeSync, constants, existsSync, fchmodSync, fstatSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/** An open data directory. Its descriptor is what a short path to its files can be made of; see `directory-lock.ts`. */
export interface DataDirectory {
  /** Absolute. */
  readonly path: string;
  readonly dataFile: string;
  readonly descriptor: number;
  /** Makes the names in the directory survive a power failure. */
  sync(): void;
  close(): void;
}

/**
 * Makes the directory (0700) where it is missing, and tightens the modes of what exists already (directory 0700, files 0600).
 * The data file is made by `creation.ts`.
 */
export function openDataDirectory(path: string): DataDirectory {
  const absolute = resolve(path);
  mkdirSync(absolute, { recursive: true, mode: DIRECTORY_MODE });
  const descriptor = openSync(absolute, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    tighten(descriptor, DIRECTORY_MODE, absolute);
    const dataFile = join(absolute, "data.mdb");
    if (existsSync(dataFile)) makePrivateFile(dataFile);
    // The engine would make it with a wider mode.
    makePrivateFile(`${dataFile}-lock`);
    fsyncSync(descriptor);
    syncDirectory(dirname(absolute));
    const sync = (): void => fsyncSync(descriptor);
    return { path: absolute, dataFile, descriptor, sync, close: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Opens or makes the file, so that it exists with mode 0600. */
export function makePrivateFile(path: string): void {
  const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, FILE_MODE);
  try {
    tighten(descriptor, FILE_MODE, path);
  } finally {
    closeSync(descriptor);
  }
}

function tighten(descriptor: number, mode: number, path: string): void {
  if ((fstatSync(descriptor).mode & 0o7777) === mode) return;
  try {
    fchmodSync(descriptor, mode);
  } catch (cause) {
    throw new Error(`cannot set the mode of ${path} to ${mode.toString(8)}; make the server's user its owner`, {
      cause,
    });
  }
}

function syncDirectory(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
