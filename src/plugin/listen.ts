import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address } from "./handshake";

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, with the terminating zero. */
const SOCKET_PATH_BYTES_MAX = 103;

export interface Listening {
  readonly address: Address;
  /** Removes the socket and its directory; synchronous, so that it can run while the process exits. */
  cleanUp(): void;
}

/**
 * Listens on a socket in a new directory that only this user can enter, or on a loopback port where there are no such
 * sockets or the path would be too long.
 */
export async function listenLocally(server: Server, parentDirectory = tmpdir()): Promise<Listening> {
  const room = Buffer.byteLength(join(parentDirectory, "plugin-XXXXXX", "socket")) <= SOCKET_PATH_BYTES_MAX;
  if (process.platform === "win32" || !room) return listenOnLoopback(server);
  const directory = mkdtempSync(join(parentDirectory, "plugin-"));
  const path = join(directory, "socket");
  await listening(server, () => server.listen(path));
  return {
    address: { network: "unix", address: path },
    cleanUp: () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function listenOnLoopback(server: Server): Promise<Listening> {
  await listening(server, () => server.listen(0, "127.0.0.1"));
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  return { address: { network: "tcp", address: `127.0.0.1:${port}` }, cleanUp: () => undefined };
}

function listening(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
    listen();
  });
}
