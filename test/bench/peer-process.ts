import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Starts a script of this folder and gives its first line of output. */
export function startScript(
  name: string,
  args: readonly string[],
): Promise<{ readonly line: string; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, [join(__dirname, `${name}.js`), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    let text = "";
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code} before it said anything`)));
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      const end = text.indexOf("\n");
      if (end >= 0) resolve({ line: text.slice(0, end), child });
    });
  });
}

/** Runs a peer that serves a port, for as long as `use` takes. */
export async function withPeer<T>(
  name: string,
  args: readonly string[],
  use: (port: number, pid: number) => Promise<T>,
): Promise<T> {
  const { line, child } = await startScript(name, args);
  try {
    return await use(Number(line), child.pid ?? 0);
  } finally {
    child.kill("SIGKILL");
  }
}

const MICROSECONDS_PER_TICK = 10_000;

/** Processor time that a process has used, user and system, in microseconds (proc(5), 10 ms steps). */
export function processorMicroseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK;
}
