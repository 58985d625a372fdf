import type { Clock } from "./clock";
import { isServerError } from "./errors";

const ATTEMPTS = 4;
const PAUSE_MILLISECONDS = 50;

/**
 * For who gives up what cannot be read: a disk, or what lies between, may once give other bytes than are stored. What is damaged
 * is damaged each time. @throws what `read` throws, `corrupt` only after several attempts
 */
export async function readDespiteFlips<Value>(clock: Clock, read: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      if (attempt === ATTEMPTS || !isServerError(error, "corrupt")) throw error;
      await clock.sleep(PAUSE_MILLISECONDS);
    }
  }
}
