import { isServerError, ServerError } from "../../server/sdk/errors";
import { WORLD } from "./scheduler";
import type { World } from "./world";

const PATIENCE_MILLISECONDS = 3_000;

/** Codes that leave open whether the write was made: told by the network, or asked again after the commit. */
const UNCERTAIN: ReadonlySet<string> = new Set([
  "internal",
  "primary_unreachable",
  "fenced",
  "unconfirmed",
  "dr_unconfirmed",
  "dr_not_synchronous",
]);

/** Errors after which a client may be sure that nothing was written. */
export function isRefusal(error: unknown): boolean {
  return isServerError(error) && !UNCERTAIN.has(error.code);
}

/** Waits for the answer with the patience of a client. What comes later still counts as said. */
export function patiently(
  world: World,
  what: string,
  run: () => Promise<void>,
  failed: (error: unknown) => void = () => undefined,
): Promise<void> {
  const { scheduler, coverage } = world;
  return new Promise<void>((resolve) => {
    const cancel = scheduler.after(PATIENCE_MILLISECONDS, WORLD, "give up", resolve);
    run()
      .catch((error: unknown) => {
        failed(error);
        coverage.count(`${what} failed: ${error instanceof ServerError ? error.code : "other"}`);
      })
      .finally(() => {
        cancel();
        resolve();
      });
  });
}
