import { isServerError, ServerError } from "../../server/sdk/errors";
import { WORLD } from "./scheduler";
import type { SimulatedCluster } from "./simulated-cluster";
import type { World } from "./world";

const PATIENCE_MILLISECONDS = 3_000;

/** Codes that leave open whether the write was made: told by the network, or by the gate that is asked again after the commit. */
const UNCERTAIN: ReadonlySet<string> = new Set([
  "internal",
  "primary_unreachable",
  "draining",
  "fenced",
  "unconfirmed",
  "dr_unconfirmed",
  "dr_not_synchronous",
]);

/**
 * Whether a client may be sure that nothing was written.
 * @param wasPrimary whether the cluster took writes when the call began: one that gives that up meanwhile may have made it
 */
export function isRefusal(error: unknown, wasPrimary: boolean): boolean {
  return isServerError(error) && !UNCERTAIN.has(error.code) && !(wasPrimary && error.code === "read_only");
}

export function takesWrites(cluster: SimulatedCluster): boolean {
  const roles = cluster.replication?.state();
  return roles?.dr !== "secondary" && roles?.performance !== "secondary";
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
