import { writeSync } from "node:fs";
import { StorageFull } from "../../server/sdk/storage";
import { seededRandom } from "../../server/sdk/testing/seeded-random";
import { openLmdbStorage } from "../../server/storage/lmdb";
import { HISTORY } from "./durability-check";

/** Programme that a durability test starts and kills; see durability.test.ts for what it may rely on. */

interface Arguments {
  readonly directory: string;
  readonly seed: number;
  readonly committers: number;
  /** Commits of each committer; 0: until killed, or until the storage is full. */
  readonly commitsMax: number;
}

/**
 * Each committer counts up `count/<committer>`. The same commit adds `history/<committer>/<number>`, with a value of random
 * size, and deletes the entry that is HISTORY numbers older. After the commit is acknowledged a line `A <committer> <number>`
 * goes out in one write, so that a reader of the pipe or of a system call trace knows what was promised.
 */
async function main({ directory, seed, committers, commitsMax }: Arguments): Promise<void> {
  const storage = await openLmdbStorage({ directory });
  const random = seededRandom(seed);
  const count = async (committer: number): Promise<void> => {
    const key = `count/${committer}`;
    const [stored] = await storage.read([key]);
    let number = stored === undefined ? 0 : Number(stored.value.toString());
    let revision = stored?.revision ?? 0;
    for (let made = 0; commitsMax === 0 || made < commitsMax; made++) {
      number++;
      const value = Buffer.alloc(random.integerBelow(6_000), number % 256);
      await storage.commit({
        preconditions: [{ key, revision }],
        puts: [
          { key, value: Buffer.from(String(number)) },
          { key: `history/${committer}/${number}`, value },
        ],
        deletes: number > HISTORY ? [`history/${committer}/${number - HISTORY}`] : [],
      });
      writeSync(1, `A ${committer} ${number}\n`);
      const [written] = await storage.read([key]);
      revision = written?.revision ?? 0;
    }
  };
  writeSync(1, "ready\n");
  await Promise.all(Array.from({ length: committers }, (_, committer) => count(committer)));
  await storage.close();
}

const [directory = "", seed = "", committers = "", commitsMax = ""] = process.argv.slice(2);
main({
  directory,
  seed: Number(seed),
  committers: Number(committers),
  commitsMax: Number(commitsMax),
}).catch((error: unknown) => {
  writeSync(2, `${error instanceof StorageFull ? "full" : String(error)}\n`);
  process.exitCode = 1;
});
