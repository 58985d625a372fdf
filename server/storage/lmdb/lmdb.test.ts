import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommitBatch } from "../../sdk/storage";
import { openLmdbStorage } from ".";

let ground: string;
let directory: string;
beforeEach(() => {
  ground = mkdtempSync(join(tmpdir(), "meridian-lmdb-"));
  directory = join(ground, "data");
});
afterEach(() => rmSync(ground, { recursive: true, force: true }));

const put = (key: string, value: Buffer): CommitBatch => ({ preconditions: [], puts: [{ key, value }], deletes: [] });
const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

test("the directory is 0700 and its files 0600, also where they were wider before", async () => {
  mkdirSync(directory, { mode: 0o755 });
  chmodSync(directory, 0o777);
  const first = await openLmdbStorage({ directory });
  expect(modeOf(directory)).toBe("700");
  await first.close();
  for (const name of readdirSync(directory)) {
    expect([name, modeOf(join(directory, name))]).toEqual([name, "600"]);
    chmodSync(join(directory, name), 0o666);
  }
  chmodSync(directory, 0o755);
  const second = await openLmdbStorage({ directory });
  expect(modeOf(directory)).toBe("700");
  expect(modeOf(join(directory, "data.mdb"))).toBe("600");
  expect(modeOf(join(directory, "data.mdb-lock"))).toBe("600");
  await second.close();
});

test("a directory whose path is longer than a socket address can be locked", async () => {
  const long = join(ground, "d".repeat(200), "e".repeat(200));
  const storage = await openLmdbStorage({ directory: long });
  await expect(openLmdbStorage({ directory: long })).rejects.toThrow(/in use/);
  await storage.close();
});

test("another process that has the directory open is named as the reason, with what to do", async () => {
  const storage = await openLmdbStorage({ directory });
  await storage.close();
  const script = `require("node:net").createServer().listen(${JSON.stringify(join(directory, "lock"))}, () => console.log("up"))`;
  const holder = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  await expect(openLmdbStorage({ directory })).rejects.toThrow(`${directory} is in use by another server; stop it, or`);
  holder.kill("SIGKILL");
  await once(holder, "close");
  expect(existsSync(join(directory, "lock"))).toBe(true);
  const again = await openLmdbStorage({ directory });
  await again.close();
  expect(existsSync(join(directory, "lock"))).toBe(false);
});

test("of many that open a directory at once one gets it, also when a dead lock lies there", async () => {
  const dead = createServer();
  mkdirSync(directory);
  dead.listen(join(directory, "gone"));
  await once(dead, "listening");
  for (let round = 0; round < 5; round++) {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => openLmdbStorage({ directory })));
    const opened = outcomes.filter((outcome) => outcome.status === "fulfilled");
    expect(opened).toHaveLength(1);
    for (const outcome of opened) await outcome.value.close();
    execFileSync("ln", ["-f", join(directory, "gone"), join(directory, "lock")]);
    if (round === 0) {
      await expect(openLmdbStorage({ directory })).rejects.toThrow(/in use/);
      // Closing removes the name it was bound to; the link stays, and nobody listens.
      execFileSync("ln", ["-f", join(directory, "gone"), join(directory, "kept")]);
      await new Promise((resolve) => dead.close(resolve));
      execFileSync("ln", ["-f", join(directory, "kept"), join(directory, "gone")]);
    }
  }
}, 30_000);

test("something that is no data file is not taken for a new storage: it is refused and left as it is", async () => {
  const storage = await openLmdbStorage({ directory });
  await storage.close();
  const good = readFileSync(join(directory, "data.mdb"));
  const wrong = [Buffer.alloc(0), Buffer.alloc(16_384, 7), Buffer.alloc(16_384), good.subarray(0, 4096), flipped(good)];
  for (const content of wrong) {
    writeFileSync(join(directory, "data.mdb"), content);
    await expect(openLmdbStorage({ directory })).rejects.toThrow(/data\.mdb is no data file, or it is damaged/);
    expect(readFileSync(join(directory, "data.mdb")).equals(content)).toBe(true);
  }
});

/** With one bit changed in the magic number of its second page. */
function flipped(content: Buffer): Buffer {
  const copy = Buffer.from(content);
  const magic = copy.readUInt32LE(48) + 24;
  copy.writeUInt8(copy.readUInt8(magic) ^ 1, magic);
  return copy;
}

test("what an interrupted creation left is removed", async () => {
  mkdirSync(join(directory, "new-abcdef"), { recursive: true });
  writeFileSync(join(directory, "new-abcdef", "data.mdb"), "half");
  const storage = await openLmdbStorage({ directory });
  await storage.commit(put("k", Buffer.from("v")));
  await storage.close();
  expect(readdirSync(directory).sort()).toEqual(["data.mdb", "data.mdb-lock"]);
});

test("the map grows by itself beyond the address space it starts with", async () => {
  const storage = await openLmdbStorage({ directory });
  const value = Buffer.alloc(20 * 1024 * 1024, 1);
  for (let number = 0; number < 15; number++) await storage.commit(put(`grow/${number}`, value));
  const [first, last] = await storage.read(["grow/0", "grow/14"]);
  expect(first?.value.equals(value)).toBe(true);
  expect(last?.value.equals(value)).toBe(true);
  expect(statSync(join(directory, "data.mdb")).size).toBeGreaterThan(290 * 1024 * 1024);
  await storage.close();
  const again = await openLmdbStorage({ directory });
  expect(await again.list("grow/", { limit: 100 })).toHaveLength(15);
  await again.close();
}, 60_000);

test("deleted space is used again", async () => {
  const storage = await openLmdbStorage({ directory });
  const value = Buffer.alloc(1024 * 1024, 1);
  for (let round = 0; round < 100; round++) await storage.commit(put(`k/${round % 4}`, value));
  expect(statSync(join(directory, "data.mdb")).size).toBeLessThan(20 * 1024 * 1024);
  await storage.close();
});
