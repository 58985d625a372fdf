import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DemoFailure } from "./failure";
import type { DemoFolder } from "./folder";

const STOP_LIMIT_MS = 10_000;
const POLL_MS = 50;

/** Takes the folder for this run. @throws DemoFailure while another demo works in it */
export async function lockFolder(folder: DemoFolder): Promise<void> {
  await mkdir(folder.path, { recursive: true, mode: 0o700 });
  const holder = Number.parseInt(await textOf(folder.lock), 10);
  if (holder !== process.pid && (await commandOf(holder)).includes("demo")) {
    throw new DemoFailure(`another demo, process ${holder}, works in ${folder.path}: wait for its end`);
  }
  await writeFile(folder.lock, `${process.pid}\n`);
}

export async function unlockFolder(folder: DemoFolder): Promise<void> {
  await rm(folder.lock, { force: true });
}

/** Servers of this folder that run: their process ids by node. */
export async function runningServers(folder: DemoFolder): Promise<ReadonlyMap<string, number>> {
  const running = new Map<string, number>();
  for (const node of await readdir(folder.nodes).catch(() => [])) {
    const directory = join(folder.nodes, node);
    const pid = Number.parseInt(await textOf(join(directory, "server.pid")), 10);
    if ((await commandOf(pid)).includes(directory)) running.set(node, pid);
  }
  return running;
}

/** For what terraform does not know of any more: asks each server to stop, and ends the one that does not. */
export async function stopServers(folder: DemoFolder): Promise<readonly string[]> {
  const found = await runningServers(folder);
  for (const pid of found.values()) process.kill(pid, "SIGTERM");
  for (let waitedMs = 0; waitedMs < STOP_LIMIT_MS && (await runningServers(folder)).size > 0; waitedMs += POLL_MS) {
    await sleep(POLL_MS);
  }
  for (const pid of (await runningServers(folder)).values()) process.kill(pid, "SIGKILL");
  return [...found.keys()];
}

/** Copies the servers' logs to where destroying does not reach. @returns that directory */
export async function keepLogs(folder: DemoFolder): Promise<string> {
  const logs = join(folder.path, "logs");
  await mkdir(logs, { recursive: true });
  for (const node of await readdir(folder.nodes).catch(() => [])) {
    await copyFile(join(folder.nodes, node, "server.log"), join(logs, `${node}.log`)).catch(() => undefined);
  }
  return logs;
}

/** Empties the folder but for this run's lock. */
export async function clearFolder(folder: DemoFolder): Promise<void> {
  for (const entry of await readdir(folder.path)) {
    const path = join(folder.path, entry);
    if (path !== folder.lock) await rm(path, { recursive: true, force: true });
  }
}

/** Empty for a process that is not there: a process id may meanwhile be another program's. */
async function commandOf(pid: number): Promise<string> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return "";
  if (process.platform === "linux") return textOf(`/proc/${pid}/cmdline`);
  const { execFile } = await import("node:child_process");
  return new Promise((resolve) => {
    execFile("ps", ["-ww", "-o", "command=", "-p", String(pid)], (_, stdout) => resolve(stdout));
  });
}

function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
