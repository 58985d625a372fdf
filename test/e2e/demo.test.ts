import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api } from "../support/api";

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

/** Every regular file below a directory. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

function expectGoodRun({ code, output }: Ended): void {
  expect({ code, output }).toMatchObject({ code: 0 });
  for (const row of ROWS) expect(output).toMatch(row);
  expect(output).toContain('-   primary: "dc-a",');
  expect(output).toContain("step 1: fence dc-a and drain to dc-a-dr (dr)");
  expect(Number(/^all of it +([\d.]+) s$/m.exec(output)?.[1])).toBeLessThan(LIMIT_SECONDS);
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
    "holds everything that it promises, in time; stays with --keep, and the next run clears it away",
    async () => {
      const kept = await start(["--keep"]);
      expectGoodRun(kept);
      const servers = [...serverPids().values()];
      expect(servers.filter(isAlive)).toHaveLength(4);

      const [, address = ""] = /MERIDIAN_ADDR=(\S+)/.exec(kept.output) ?? [];
      const [, authority = ""] = /MERIDIAN_CACERT=(\S+)/.exec(kept.output) ?? [];
      const [, password = ""] = /# password: (\S+)/.exec(kept.output) ?? [];
      const api = new Api(address, undefined, authority);
      const login = await api.post("auth/userpass/login/demo", { password });
      const read = await api.get("secret/data/app/database", { token: String(login.body.auth?.client_token) });
      api.close();
      expect(read.body.data?.data).toEqual({ password });
      const files = filesBelow(folder);
      expect(files.length).toBeGreaterThan(20);
      expect(files.filter((path) => readFileSync(path).includes(password))).toEqual([]);

      const again = await start([]);
      expectGoodRun(again);
      expect(again.output).toContain("an earlier run is still there: destroying it first");
      expect(again.output).not.toContain(password);
      expect(servers.filter(isAlive)).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
    },
    TEST_LIMIT_MS,
  );

  it(
    "is destroyed by --down after it was killed in the middle",
    async () => {
      let isKilled = false;
      await start([], {}, (sofar) => {
        if (isKilled || !sofar.includes("second cdktf deploy: no changes")) return;
        isKilled = true;
        process.kill(Number(readFileSync(join(folder, "demo.pid"), "utf8")), "SIGKILL");
      });
      const servers = [...serverPids().values()];
      expect(servers.filter(isAlive)).toHaveLength(4);
      const { code, output } = await start(["--down"]);
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(output).toContain("Plan: 0 to add, 0 to change, 19 to destroy.");
      expect(servers.filter(isAlive)).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
      expect((await start(["--down"])).output).toContain("nothing is deployed in");
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
