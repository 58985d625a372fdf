import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
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

/** Process id and, where the system tells, the moment of its start, as two numbers. */
const HOLDER = /^(\d+)(?: (\d+))?$/;

/** Ticks between the machine's start and the process's (proc(5), stat, field 22); undefined if it is gone or not told. */
async function startTicks(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
}

/** The moment of the start tells a process from a later one that got its number, as after a restart of the machine. */
async function isHeld(holder: string): Promise<boolean> {
  const [, id, start] = HOLDER.exec(holder) ?? [];
  if (id === undefined) return holder !== "";
  const pid = Number(id);
  return isAlive(pid) && (start === undefined || start === ((await startTicks(pid)) ?? start));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

/** The lock appears with its holder in it, so that a kill at any moment leaves none without. */
async function tryCreate(path: string): Promise<boolean> {
  const ticks = await startTicks(process.pid);
  const prepared = `${path}.new.${process.pid}.${randomUUID()}`;
  await writeFile(prepared, ticks === undefined ? String(process.pid) : `${process.pid} ${ticks}`, {
    flag: "wx",
    mode: 0o600,
  });
  try {
    await link(prepared, path);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(prepared, { force: true });
  }
}

/** Takes the lock of a dead process away. If somebody renewed it in between, it is put back. */
async function removeStale(path: string, holder: string): Promise<void> {
  const aside = `${path}.stale.${process.pid}.${randomUUID()}`;
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
    holder = HOLDER.exec(found)?.[1] ?? "unknown";
    if (!(await isHeld(found))) await removeStale(path, found);
    else if (waitedMs >= limitMs) throw new LockTimeoutError(path, holder);
    else await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}
