import { link, open, readFile, rename, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode } from "./error-code";

const POLL_MS = 25;

/** Somebody else kept the lock for longer than the limit. */
export class LockTimeoutError extends Error {
  override readonly name = "LockTimeoutError";
  constructor(
    readonly path: string,
    holder: string,
  ) {
    super(`${path} is held by process ${holder}`);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

async function tryCreate(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx", 0o600);
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** Takes the lock of a dead process away. If somebody renewed it in between, it is put back. */
async function removeStale(path: string, holder: string): Promise<void> {
  const aside = `${path}.stale.${process.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    throw error;
  }
  if ((await readFile(aside, "utf8")) !== holder) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

async function holderOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Runs `work` while this process alone holds the lock file at `path`. A lock whose process is dead is taken over.
 *
 * @throws LockTimeoutError after `limitMs`.
 */
export async function withLockFile<T>(path: string, limitMs: number, work: () => Promise<T>): Promise<T> {
  let holder = "unknown";
  for (let waitedMs = 0; !(await tryCreate(path)); waitedMs += POLL_MS) {
    const found = await holderOf(path);
    if (found === undefined) continue;
    holder = found === "" ? "unknown" : found;
    if (/^\d+$/.test(found) && !isAlive(Number(found))) await removeStale(path, found);
    else if (waitedMs >= limitMs) throw new LockTimeoutError(path, holder);
    else await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}
