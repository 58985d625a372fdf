import { lstatSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import type { DataDirectory } from "./directory";

const ATTEMPTS_MAX = 8;

/** Runs its argument while no other process runs one for the same directory; released by the kernel if the process dies. */
export type Exclusively = <Result>(run: () => Result) => Result;

export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * Claims the directory for this process by listening on a Unix socket in it. The kernel closes the listener when the process
 * ends in whatever way, so nothing has to be cleaned up by hand, and it works between containers that share the directory.
 *
 * A socket is removed only if it is dead, judged like this: it was seen inside an exclusive section (so whoever bound it had
 * started to listen, too), a connection to it was refused afterwards, and it is still the same inode in the exclusive section
 * that removes it. A dead socket never comes back to life, so a living one is never removed.
 * @throws Error naming the directory and what to do, when another process (or this one) has it open
 */
export async function lockDirectory(directory: DataDirectory, exclusively: Exclusively): Promise<DirectoryLock> {
  const path = socketPath(directory);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const found = exclusively(() => identify(path));
    if (found !== undefined && (await answers(path))) {
      throw new Error(
        `the storage directory ${directory.path} is in use by another server; stop it, or give this one a directory of its own`,
      );
    }
    const lock = await claim(path, found, exclusively);
    if (lock !== undefined) return lock;
  }
  throw new Error(
    `the storage directory ${directory.path} cannot be claimed: other servers keep starting on it; stop them`,
  );
}

/** Socket addresses have about 100 bytes; through the open descriptor a path of any length fits (Linux). */
function socketPath(directory: DataDirectory): string {
  if (process.platform === "linux") return `/proc/self/fd/${directory.descriptor}/lock`;
  return join(directory.path, "lock");
}

/** Inode and its change time: a number alone may be used again. */
function identify(path: string): string | undefined {
  const facts = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return facts && `${facts.ino} ${facts.ctimeNs}`;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve(false);
      // Its queue is full, so somebody listens.
      else if (error.code === "EAGAIN") resolve(true);
      else reject(error);
    });
  });
}

/** Undefined when somebody else was faster. */
async function claim(
  path: string,
  dead: string | undefined,
  exclusively: Exclusively,
): Promise<DirectoryLock | undefined> {
  const server = createServer((socket) => socket.destroy());
  const listening = new Promise<boolean>((resolve, reject) => {
    server.once("listening", () => resolve(true));
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
  });
  exclusively(() => {
    if (dead !== undefined && identify(path) === dead) unlinkSync(path);
    // Binds and listens before it returns.
    server.listen({ path, exclusive: true });
  });
  if (!(await listening)) return undefined;
  server.unref();
  return { release: () => stop(server) };
}

/** Removes the socket's name too. */
function stop(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
