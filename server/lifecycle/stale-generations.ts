import type { Storage } from "../sdk/storage";

const KEYS_PER_COMMIT = 1_000;

/**
 * Removes what belongs to no generation in use: what an interrupted initialisation, a discarded build or a replaced
 * generation left. Small commits, so that it may stop anywhere and go on later. `isKept` is asked anew each time.
 */
export async function removeStaleGenerations(
  storage: Storage,
  isKept: (generation: string) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const limit = Math.min(KEYS_PER_COMMIT, storage.capabilities.operationsPerCommitMax);
  let after: string | undefined;
  while (!signal.aborted) {
    const [first] = await storage.list("g/", after === undefined ? { limit: 1 } : { after, limit: 1 });
    const generation = first?.split("/")[1];
    if (generation === undefined) return;
    const keys = await storage.list(`g/${generation}/`, { limit });
    if (signal.aborted) return;
    // "0" follows "/", and names have one length: the place before the next generation.
    if (isKept(generation)) after = `g/${generation}0`;
    else await storage.commit({ preconditions: [], puts: [], deletes: keys });
  }
}
