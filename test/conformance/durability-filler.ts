import { once } from "node:events";
import { readSync, rmSync, writeSync } from "node:fs";
import { type Storage, StorageFull } from "../../server/sdk/storage";
import { openLmdbStorage } from "../../server/storage/lmdb";

/**
 * Programme that fills a storage up. It says `full <commits>` when there was no room for the next one and everything else was
 * still right, waits for a byte on its standard input (by then there is room again), and says `done` when writing worked.
 */
const VALUE_BYTES = 50_000;

async function main(directory: string, ballast: string | undefined): Promise<void> {
  const storage = await openLmdbStorage({ directory });
  const filled = await fill(storage);
  await check(storage, filled);
  await refusedTogether(storage, filled);
  await check(storage, filled);
  writeSync(1, `full ${filled}\n`);
  readSync(0, Buffer.alloc(1));
  if (ballast !== undefined) rmSync(ballast);
  for (let number = filled; number < filled + 10; number++) await put(storage, number);
  await storage.commit({ preconditions: [], puts: [], deletes: ["fill/0"] });
  await storage.close();
  const again = await openLmdbStorage({ directory });
  if ((await again.list("fill/", { limit: 100_000 })).length !== filled + 9) throw new Error("keys are missing");
  await again.close();
  writeSync(1, "done\n");
}

async function put(storage: Storage, number: number): Promise<void> {
  const value = Buffer.alloc(VALUE_BYTES, number % 256);
  await storage.commit({ preconditions: [], puts: [{ key: `fill/${number}`, value }], deletes: [] });
}

async function fill(storage: Storage): Promise<number> {
  for (let number = 0; ; number++) {
    try {
      await put(storage, number);
    } catch (error) {
      if (error instanceof StorageFull) return number;
      throw error;
    }
  }
}

/** All that was acknowledged is there, and nothing of what was refused. */
async function check(storage: Storage, filled: number): Promise<void> {
  const pairs = await storage.scan("", { limit: 100_000 });
  if (pairs.length !== filled) throw new Error(`${pairs.length} keys, ${filled} were acknowledged`);
  for (let number = 0; number < filled; number++) {
    const [stored] = await storage.read([`fill/${number}`]);
    if (stored === undefined || stored.value.length !== VALUE_BYTES) throw new Error(`key ${number} is missing`);
    if (stored.value.some((byte) => byte !== number % 256)) throw new Error(`key ${number} is damaged`);
  }
}

/** Concurrent commits share a transaction; each must learn for itself that there was no room. */
async function refusedTogether(storage: Storage, filled: number): Promise<void> {
  const outcomes = await Promise.allSettled([filled, filled + 1, filled + 2].map((number) => put(storage, number)));
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") throw new Error("a commit that has no room was acknowledged");
    if (!(outcome.reason instanceof StorageFull)) throw outcome.reason;
  }
}

const [directory = "", ballast] = process.argv.slice(2);
process.once("warning", (warning) => writeSync(2, `${warning.stack}\n`));
main(directory, ballast).then(
  () => once(process, "exit"),
  (error: unknown) => {
    writeSync(2, `${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  },
);
