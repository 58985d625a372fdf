import type { Clock } from "../../sdk/clock";
import type { ClusterLog } from "../../sdk/log";

/**
 * How old the oldest entry after `index` is: what somebody holds who has everything up to `index` is at least so old. 0: there
 * is no later entry. By the wall clock that wrote it.
 */
export async function backlogAgeMilliseconds(log: ClusterLog, clock: Clock, index: number): Promise<number> {
  if (index >= log.lastIndex()) return 0;
  // An entry that is gone already is the stream's own business, which ends for it.
  const [oldest] = await log.readBatch(index, 1).catch(() => []);
  return oldest === undefined ? 0 : Math.max(0, clock.nowMilliseconds() - oldest.writtenAtMilliseconds);
}
