import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LIMIT_SECONDS = 120;
const TEST_LIMIT_MS = 300_000;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meridian-demo-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** The README's command, in a folder of its own. */
function start(
  flags: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  watch: (output: string) => void = () => undefined,
) {
  const child: ChildProcess = spawn("npm", ["run", "--silent", "demo", "--", ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, MERIDIAN_DEMO_FOLDER: folder, ...environment },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
      watch(output);
    });
  }
  return new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}

/** Process ids, by node, that the servers of the demo's folder wrote. */
function serverPids(): ReadonlyMap<string, number> {
  const nodes = join(folder, ".meridian", "nodes");
  if (!existsSync(nodes)) return new Map();
  return new Map(
    readdirSync(nodes)
      .filter((node) => existsSync(join(nodes, node, "server.pid")))
      .map((node) => [node, Number(readFileSync(join(nodes, node, "server.pid"), "utf8"))]),
  );
}

/** A process that has ended and only waits to be collected does not show its command any more. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-ww", "-o", "command=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.includes(folder);
}

function onPath(command: string): string {
  const directories = (process.env.PATH ?? "").split(":");
  const found = directories.map((directory) => join(directory, command)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`there is no ${command} on the PATH`);
  return found;
}

/** Rows that every good run prints; figures vary. */
const ROWS = [
  /^cdktf deploy +dc-a primary, dc-b and cloud performance secondaries, dc-a-dr DR secondary$/m,
  /^second cdktf deploy +no changes$/m,
  /^write on dc-a -> visible on dc-b +after [\d.]+ ms \(median of 20, at most [\d.]+ ms\)$/m,
  /^write on dc-a -> visible on cloud +after [\d.]+ ms \(median of 20, at most [\d.]+ ms\)$/m,
  /^write on dc-a -> copied to dc-a-dr +after [\d.]+ ms \(median of 20, at most [\d.]+ ms\)$/m,
  /^login as demo on dc-b +accepted there, its token refused on cloud \(403\)$/m,
  /^login as demo on cloud +accepted there, its token refused on dc-a \(403\)$/m,
  /^AppRole login and read on dc-b +[\d.]+ ms, writing refused \(403\)$/m,
  /^AppRole login and read on cloud +[\d.]+ ms, writing refused \(403\)$/m,
  /^write sent to dc-b +forwarded in [\d.]+ ms, readable on dc-b at once$/m,
  /^write sent to dc-a-dr +forwarded in [\d.]+ ms, readable on dc-a$/m,
  /^payments-eu\/, filtered from dc-b +absent on dc-b \(404\), present on cloud \(200\)$/m,
  /^sys\/health of dc-a-dr +472, while dc-a answers 200$/m,
  /^primary moved from dc-a to dc-a-dr +dc-a-dr answers 200, dc-a answers 472$/m,
  /^token issued by dc-a, on dc-a-dr +accepted \(200\)$/m,
  /^writer during the move to dc-a-dr +\d+ writes acknowledged, longest gap \d+ ms$/m,
  /^primary moved from dc-a-dr to dc-a +dc-a answers 200, dc-a-dr answers 472$/m,
  /^writer during the move to dc-a +\d+ writes acknowledged, longest gap \d+ ms$/m,
  /^acknowledged writes, all moves together +(\d+) of \1 read back on dc-a, dc-b, cloud$/m,
  /^cdktf deploy after failing back +no changes$/m,
];

describe("npm run demo", () => {
  it(
    "holds everything that it promises, in time, and leaves nothing running",
    async () => {
      const started = new Set<number>();
      let aliveMeanwhile = false;
      const { code, output } = await start([], {}, () => {
        for (const pid of serverPids().values()) started.add(pid);
        aliveMeanwhile ||= started.size === 4 && [...started].every(isAlive);
      });
      expect({ code, output }).toMatchObject({ code: 0 });
      for (const row of ROWS) expect(output).toMatch(row);
      expect(output).toContain('-   primary: "dc-a",');
      expect(output).toContain("step 1: fence dc-a and drain to dc-a-dr (dr)");
      expect(Number(/^all of it +([\d.]+) s$/m.exec(output)?.[1])).toBeLessThan(LIMIT_SECONDS);
      expect(started.size).toBe(4);
      expect(aliveMeanwhile).toBe(true);
      expect([...started].filter(isAlive)).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
    },
    TEST_LIMIT_MS,
  );

  it(
    "ends with the reason when an act does not hold, and takes everything down",
    async () => {
      const started = new Set<number>();
      let isKilled = false;
      const { code, output } = await start([], {}, (sofar) => {
        const pids = serverPids();
        for (const pid of pids.values()) started.add(pid);
        const pid = pids.get("cloud");
        if (isKilled || pid === undefined || !sofar.includes("second cdktf deploy: no changes")) return;
        isKilled = true;
        process.kill(pid, "SIGKILL");
      });
      expect(isKilled).toBe(true);
      expect(code).toBe(1);
      expect(output).toMatch(/The demo failed: /);
      expect(output).not.toContain("acknowledged writes, all moves together");
      expect([...started].filter(isAlive)).toEqual([]);
      expect(readdirSync(join(folder, "logs")).sort()).toEqual(["cloud.log", "dc-a-dr.log", "dc-a.log", "dc-b.log"]);
    },
    TEST_LIMIT_MS,
  );

  it(
    "says what is missing on a machine without terraform",
    async () => {
      const bin = mkdtempSync(join(tmpdir(), "meridian-path-"));
      for (const command of ["node", "npm", "sh", "env"]) symlinkSync(onPath(command), join(bin, command));
      try {
        const { code, output } = await start([], { PATH: bin });
        expect({ code, output }).toMatchObject({ code: 1 });
        expect(output).toContain("there is no terraform on the PATH. Install version 1.11 or newer");
      } finally {
        rmSync(bin, { recursive: true, force: true });
      }
    },
    TEST_LIMIT_MS,
  );
});
