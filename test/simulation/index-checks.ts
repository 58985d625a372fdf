import type { ResponseData } from "../../server/sdk/outcome";
import { hasherOf, indexOnDisk } from "./index-on-disk";
import type { SimulatedCluster } from "./simulated-cluster";
import { INDEXED, type World } from "./world";

/** What an error after a commit leaves open is cleared up by the next write: until then memory is behind the disk. */
const CLEARED_UP_MILLISECONDS = 2_000;

/** The index is that of the stored data: on the disk, leaf by leaf, and in the memory of the process, by its roots. */
export function checkIndex(world: World, cluster: SimulatedCluster, when: string): void {
  const { core, disk, generation } = cluster;
  if (core === undefined) return;
  const { wrongLeaf, roots } = indexOnDisk(disk, generation, hasherOf(core.log));
  if (wrongLeaf !== undefined)
    world.violate(INDEXED, `${cluster.name}'s leaf ${wrongLeaf} is not what is stored, ${when}`);
  world.coverage.count(`indexes compared with what is stored ${when}`);
  if (cluster.ambiguousAtMilliseconds > world.scheduler.nowMilliseconds - CLEARED_UP_MILLISECONDS) return;
  for (const keyClass of ["replicated", "local"] as const) {
    // The sum that commits carry on, and the sum of the leaves, which is what the status tells.
    const told = [core.log.position().checksums[keyClass], core.log.checksumOf(() => true, [keyClass])];
    if (told.some((sum) => !sum.equals(roots[keyClass])))
      world.violate(INDEXED, `${cluster.name}'s root of class ${keyClass} is not that of what is stored, ${when}`);
  }
}

export interface CheckedReport {
  /** What merkle-check answered. */
  readonly report: ResponseData;
  /** Whether the disk gave out values with bits flipped meanwhile. */
  readonly wasAltered: boolean;
}

/** A check of an undamaged index finds nothing. */
export function checkReport(world: World, cluster: SimulatedCluster, { report, wasAltered }: CheckedReport): void {
  if (report.corrupted_root === true && !wasAltered)
    world.violate(INDEXED, `${cluster.name} reports damage that there is not: ${JSON.stringify(report)}`);
  if (report.corrupted_root === true) world.coverage.count("damage reported by merkle-check");
  else world.coverage.count("checks of an index that found nothing");
}
