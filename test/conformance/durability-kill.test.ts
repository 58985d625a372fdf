import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { seededRandom } from "../../server/sdk/testing/seeded-random";
import { openLmdbStorage } from "../../server/storage/lmdb";
import { acknowledgedIn, findLoss } from "./durability-check";
import { chooseSeed, openWorkshop, type Workshop } from "./durability-programme";

const ROUNDS = Number(process.env.MERIDIAN_KILL_ROUNDS ?? 15);
const COMMITTERS = 16;

let workshop: Workshop;
beforeAll(() => {
  workshop = openWorkshop();
});
afterAll(() => workshop.remove());

/** Runs the writer until it has acknowledged something, kills it at a random moment; answers what it had written out. */
async function writeUntilKilled(programme: string, directory: string, seed: number, afterMs: number): Promise<string> {
  const child = spawn(process.execPath, [programme, directory, String(seed), String(COMMITTERS), "0"], {
    env: workshop.environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    output += text;
  });
  const closed = once(child, "close");
  // It ends early only if it cannot open the storage; "close" then comes before anything is read.
  await Promise.race([once(child.stdout, "data"), closed]);
  await wait(afterMs);
  child.kill("SIGKILL");
  const [, signal] = await closed;
  if (signal !== "SIGKILL") throw new Error("the writer ended by itself");
  return output;
}

test("every acknowledged commit survives a SIGKILL at any moment, whole", async () => {
  const seed = chooseSeed("kill");
  const random = seededRandom(seed);
  const programme = workshop.programme("durability-writer");
  const directory = join(workshop.directory, "data");
  let acknowledgements = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const output = await writeUntilKilled(programme, directory, random.integerBelow(2 ** 31), random.integerBelow(250));
    const acknowledged = acknowledgedIn(output);
    acknowledgements += output.split("\n").length - 2;
    const storage = await openLmdbStorage({ directory });
    const loss = await findLoss(storage, acknowledged);
    await storage.close();
    expect([`seed ${seed}, round ${round}`, loss]).toEqual([`seed ${seed}, round ${round}`, undefined]);
  }
  expect(acknowledgements).toBeGreaterThan(ROUNDS * COMMITTERS);
}, 180_000);
