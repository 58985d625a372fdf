import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { openWorkshop, type Workshop } from "./durability-programme";

let workshop: Workshop;
let filler: string;
beforeAll(() => {
  workshop = openWorkshop();
  filler = workshop.programme("durability-filler");
});
afterAll(() => workshop.remove());

/** Starts the filler from a shell line in which `$0`, `$1`... are node, the programme and its arguments. */
function start(line: string, ...programmeArguments: string[]): Filler {
  const child = spawn("bash", ["-c", line, process.execPath, filler, ...programmeArguments], {
    env: workshop.environment,
    stdio: ["pipe", "pipe", "pipe"],
  });
  return new Filler(child);
}

class Filler {
  private output = "";
  private errors = "";

  constructor(readonly child: ChildProcessByStdio<Writable, Readable, Readable>) {
    child.stdout.on("data", (bytes: Buffer) => {
      this.output += bytes.toString();
    });
    child.stderr.on("data", (bytes: Buffer) => {
      this.errors += bytes.toString();
    });
  }

  /** Commits that fitted. */
  async full(): Promise<number> {
    const closed = once(this.child, "close");
    while (!this.output.includes("\n")) {
      const ended = await Promise.race([once(this.child.stdout, "data").then(() => false), closed.then(() => true)]);
      if (ended) throw new Error(`the filler ended: ${this.errors.slice(-2000)}`);
    }
    return Number(/^full (\d+)\n/.exec(this.output)?.[1]);
  }

  /** Lets it go on; answers how it ended. */
  async goOn(): Promise<string> {
    const closed = once(this.child, "close");
    this.child.stdin.end("\n");
    const [code] = await closed;
    if (code !== 0) throw new Error(`the filler failed: ${this.errors.slice(-2000)}`);
    return this.output;
  }
}

test("a file at its size limit: StorageFull, nothing written, reads go on, and writes do once the limit is lifted", async () => {
  const limitKibibytes = 4096;
  const process = start(`ulimit -S -f ${limitKibibytes}; exec "$0" "$@"`, join(workshop.directory, "limited"));
  const commits = await process.full();
  expect(commits).toBeGreaterThan(30);
  expect(commits * 50_000).toBeLessThan(limitKibibytes * 1024);
  execFileSync("prlimit", ["--pid", String(process.child.pid), "--fsize=unlimited"]);
  expect(await process.goOn()).toMatch(/done\n$/);
}, 60_000);

test("a full file system: the same, once there is room again", async () => {
  const disk = join(workshop.directory, "disk");
  mkdirSync(disk);
  const mount = `mount -t tmpfs -o size=6m tmpfs "${disk}"`;
  const possible = spawnSync("unshare", ["-rm", "bash", "-c", mount], { encoding: "utf8" });
  if (possible.status !== 0) {
    const reason = possible.error?.message ?? possible.stderr.trim();
    process.stderr.write(
      `the full file system was NOT tested: no file system of its own can be mounted here: ${reason}\n`,
    );
    return;
  }
  const ballast = join(disk, "ballast");
  const fillDisk = `${mount} && head -c 2000000 /dev/zero > "${ballast}" && exec "$0" "$@"`;
  const child = start(`exec unshare -rm bash -c '${fillDisk}' "$0" "$@"`, join(disk, "data"), ballast);
  const commits = await child.full();
  expect(commits).toBeGreaterThan(30);
  expect(await child.goOn()).toMatch(/done\n$/);
}, 60_000);
