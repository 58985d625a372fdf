import { execFile, spawn } from "node:child_process";
import { open, readFile, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { errorCode } from "../operator/error-code";
import { nodeFiles } from "./node-files";

const run = promisify(execFile);
const POLL_MS = 50;
const EXEC_MS = 10;
const EXEC_ATTEMPTS = 10;
const TERM_LIMIT_MS = 20_000;
const KILL_LIMIT_MS = 5000;

/**
 * Starts the server apart from this program: it goes on when Terraform ends. Its output is appended to the log.
 *
 * @returns its process id.
 */
export async function startProcess(executable: string, directory: string): Promise<number> {
  const files = nodeFiles(directory);
  const log = await open(files.log, "a", 0o600);
  try {
    const child = spawn(executable, [`-config=${files.config}`], {
      cwd: directory,
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      env: serverEnvironment(process.env),
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("spawn", () => resolve(child.pid ?? 0));
    });
    child.unref();
    await recordPid(files.pid, pid);
    return pid;
  } finally {
    await log.close();
  }
}

/** The server writes the same file when it is up; this one is for a run that is killed before. */
async function recordPid(path: string, pid: number): Promise<void> {
  const file = await open(path, "w", 0o600);
  await file.writeFile(`${pid}\n`);
  await file.close();
}

/** Terraform's settings and credentials are no business of the server, and its log must not hold them. */
function serverEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(
    ([name]) =>
      !/^(TF_|PLUGIN_|VAULT_|MERIDIAN_TOKEN|MERIDIAN_OPERATOR|NODE_OPTIONS$|NODE_CHANNEL_FD$|CDKTF_)/.test(name),
  );
  return Object.fromEntries(kept);
}

/** The process of the node in this directory, if it runs. */
export async function runningPid(directory: string): Promise<number | undefined> {
  const path = nodeFiles(directory).pid;
  // Empty for the moment in which the server replaces its content.
  const text = (await readIfPresent(path)) || (await sleep(POLL_MS).then(() => readIfPresent(path)));
  const pid = Number.parseInt(text, 10);
  return Number.isSafeInteger(pid) && pid > 0 && (await isRunning(pid, directory)) ? pid : undefined;
}

/** Whether this process is the node's. A process id that another program got meanwhile does not count. */
export async function isRunning(pid: number, directory: string): Promise<boolean> {
  for (let attempt = 0; attempt < EXEC_ATTEMPTS && isAlive(pid); attempt += 1) {
    const line = await commandLine(pid);
    if (line !== "") return line.includes(nodeFiles(directory).config);
    // Empty while one program takes the place of another (env, then node), and for one that has ended.
    await sleep(EXEC_MS);
  }
  return false;
}

/** A space for a file that is not there: it will not get content by waiting. */
function readIfPresent(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => " ");
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Empty for a process that is gone, also for one that has ended and only waits to be collected. */
async function commandLine(pid: number): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    if (process.platform === "linux") return "";
  }
  const answer = await run("ps", ["-ww", "-o", "command=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return answer.stdout;
}

/** Asks it to stop, which closes its data properly; one that does not is killed. Nothing to do if it does not run. */
export async function stopProcess(directory: string, signal: AbortSignal): Promise<void> {
  const pid = await runningPid(directory);
  if (pid === undefined) return;
  sendSignal(pid, "SIGTERM");
  if (!(await isGone(directory, TERM_LIMIT_MS, signal))) {
    sendSignal(pid, "SIGKILL");
    if (!(await isGone(directory, KILL_LIMIT_MS, signal)))
      throw new Error(`process ${pid} of ${directory} does not end`);
  }
  await rm(nodeFiles(directory).pid, { force: true });
}

/** One that ended just now needs no signal any more. */
function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (errorCode(error) !== "ESRCH") throw error;
  }
}

async function isGone(directory: string, limitMs: number, signal: AbortSignal): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += POLL_MS) {
    if ((await runningPid(directory)) === undefined) return true;
    await sleep(POLL_MS, undefined, { signal });
  }
  return false;
}

/** The end of the log, for an error message. */
export async function lastLogLines(directory: string, count: number): Promise<string> {
  const text = await readFile(nodeFiles(directory).log, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-count).join("\n");
}
