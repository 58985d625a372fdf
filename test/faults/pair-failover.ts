import { eventually } from "../support/server-process";
import type { FaultCluster } from "./fault-cluster";
import type { ReplicaPair } from "./replica-pair";
import type { Stage } from "./transition";

export async function modeOf(pair: ReplicaPair, cluster: FaultCluster): Promise<unknown> {
  return (await cluster.status(pair.mode)).mode;
}

/** A step before the one that matters: an operator tries again where it is refused for the moment. */
export async function retried(what: string, call: () => Promise<unknown>): Promise<void> {
  await eventually(what, () => call().then(() => true));
}

/** `pair.secondary` becomes the primary, from wherever an interrupted failover has left the two. */
export async function completeExchange({ pair }: Stage): Promise<void> {
  const [old, next] = [pair.primary, pair.secondary];
  if ((await modeOf(pair, next)) !== "primary") {
    if ((await modeOf(pair, old)) === "primary") await pair.demote(old, next.name);
    await pair.promote(next);
  }
  pair.exchange();
}

/** The secondary follows the primary, whatever it was before. */
export async function completeReturn({ pair }: Stage): Promise<void> {
  const { secondary } = pair;
  if ((await modeOf(pair, secondary)) === "primary") await pair.demote(secondary);
  if ((await pair.difference()) !== undefined) await pair.updatePrimary();
}

export async function completeFailover(stage: Stage): Promise<void> {
  const { pair } = stage;
  if ((await modeOf(pair, pair.primary)) !== "primary" || (await modeOf(pair, pair.secondary)) !== "secondary") {
    if ((await modeOf(pair, pair.secondary)) !== "primary") await completeExchange(stage);
    else pair.exchange();
  }
  await completeReturn(stage);
}
