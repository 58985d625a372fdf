import type { Storage } from "../../server/sdk/storage";

/** Entries of its history that a committer of durability-writer.ts keeps. */
export const HISTORY = 20;

/** Per committer the highest number that was acknowledged. */
export type Acknowledged = ReadonlyMap<number, number>;

/**
 * What is wrong with a storage that durability-writer.ts wrote to: an acknowledged commit that is missing, or one that is
 * there in part. Undefined: nothing.
 */
export async function findLoss(storage: Storage, acknowledged: Acknowledged): Promise<string | undefined> {
  const counts = await storage.scan("count/", { limit: 1_000 });
  const numbers = new Map(
    counts.map(({ key, value }) => [Number(key.slice("count/".length)), Number(value.toString())]),
  );
  for (const [committer, promised] of acknowledged) {
    const found = numbers.get(committer) ?? 0;
    if (found < promised) return `committer ${committer}: ${promised} was acknowledged, ${found} is there`;
  }
  for (const [committer, number] of numbers) {
    const loss = await findPartial(storage, committer, number);
    if (loss !== undefined) return loss;
  }
  const total = await storage.list("", { limit: 1_000_000 });
  const expected = [...numbers.values()].reduce((sum, number) => sum + 1 + Math.min(number, HISTORY), 0);
  return total.length === expected ? undefined : `${total.length} keys are there, ${expected} should be`;
}

async function findPartial(storage: Storage, committer: number, number: number): Promise<string | undefined> {
  for (let entry = Math.max(1, number - HISTORY + 1); entry <= number; entry++) {
    const [stored] = await storage.read([`history/${committer}/${entry}`]);
    if (stored === undefined) return `committer ${committer} is at ${number}, its entry ${entry} is missing`;
    if (stored.value.some((byte) => byte !== entry % 256)) return `entry ${entry} of committer ${committer} is damaged`;
  }
  return undefined;
}

/** Reads the lines of the writer: `A <committer> <number>`. A line that was cut off counts for nothing. */
export function acknowledgedIn(output: string): Map<number, number> {
  const acknowledged = new Map<number, number>();
  for (const [, committer, number] of output.matchAll(/^A (\d+) (\d+)\n/gm)) {
    acknowledged.set(Number(committer), Number(number));
  }
  return acknowledged;
}
