import { decodeFrame } from "../../server/replication/stream/frames";
import type { LoggedClass, ReplicationMode } from "../../server/sdk/log";
import { contentOf, firstDifference, shippedPart } from "./history";
import type { SimulatedCluster } from "./simulated-cluster";
import type { TappedFrame } from "./simulated-network";
import { FILTERED_MOUNT, TOKEN_MARK } from "./topology";
import type { World } from "./world";

const SHIPPED: Readonly<Record<ReplicationMode, readonly LoggedClass[]>> = {
  performance: ["replicated"],
  dr: ["replicated", "local"],
};

const CLEARED_UP_MILLISECONDS = 2_000;

/** Whether the secondary gets the mount. */
function isFilteredAt(world: World, cluster: SimulatedCluster, mode: ReplicationMode): (mountId: string) => boolean {
  const filtered = mode === "performance" && world.filters.isDenied(world.siteOf(cluster.name));
  return (mountId) => filtered && mountId === FILTERED_MOUNT;
}

/**
 * Invariant 3: a secondary that streams, at position p, holds exactly what its primary held at p, after its filter. A stream
 * may begin at a guessed position; what is compared is what a checkpoint of the primary has confirmed.
 * @param again also where nothing was applied since it was compared last
 */
export function checkPosition(world: World, cluster: SimulatedCluster, mode: ReplicationMode, again = false): void {
  if (!cluster.isStreaming(mode)) return;
  if (!world.confirmed.has(`${mode} ${cluster.name}`)) {
    world.coverage.count("positions not confirmed yet");
    return;
  }
  if (mode === "performance" && !world.filters.isSettled(world.siteOf(cluster.name))) return;
  if (cluster.ambiguousAtMilliseconds > world.scheduler.nowMilliseconds - CLEARED_UP_MILLISECONDS) return;
  const cursor = cluster.requireCore().log.cursor(mode);
  const upstream = cursor && world.clusterById(cursor.clusterId);
  if (cursor === undefined || upstream === undefined) return;
  const place = `${cluster.generation} ${cursor.clusterId} ${cursor.index}`;
  if (!again && world.compared.get(`${mode} ${cluster.name}`) === place) return;
  const then = upstream.history.at(cursor.index);
  if (then === undefined) {
    world.coverage.count("positions in a gap");
    return;
  }
  const isFiltered = isFilteredAt(world, cluster, mode);
  const expected = shippedPart(then, SHIPPED[mode], isFiltered);
  const actual = shippedPart(contentOf(cluster.disk, cluster.generation), SHIPPED[mode], () => false);
  const difference = firstDifference(expected, actual);
  world.coverage.count("positions compared");
  world.compared.set(`${mode} ${cluster.name}`, place);
  if (difference === undefined) return;
  world.violate(3, `${cluster.name} in ${mode} mode at ${cursor.index} of ${upstream.name}: ${difference}`);
}

/** A stream's position is confirmed once the secondary took a checkpoint. */
export function noteCheckpoint(world: World, { from, to, kind, bytes }: TappedFrame): void {
  if (kind !== "stream" || decodeFrame(bytes).kind !== "checkpoint") return;
  world.confirmed.add(`${world.siteOf(from) === world.siteOf(to) ? "dr" : "performance"} ${to}`);
}

/** Invariant 4, on the wire: what goes to a performance secondary is searched for what it must not get. */
export function checkFrame(world: World, frame: TappedFrame): void {
  const [from, to] = [world.siteOf(frame.from), world.siteOf(frame.to)];
  if (from === to) {
    if (frame.bytes.includes(TOKEN_MARK)) world.coverage.count("frames with local keys to a DR secondary");
    return;
  }
  // From a secondary to its primary go its own clients' requests only.
  if (frame.bytes.includes(TOKEN_MARK)) {
    world.violate(4, `a ${frame.kind} frame from ${frame.from} to ${frame.to} names a key of class local`);
  }
  if (!frame.bytes.includes(FILTERED_MOUNT)) return;
  // What tells a secondary to give a mount up names it, and nothing that is in it.
  if (frame.kind === "stream" && decodeFrame(frame.bytes).kind === "forget") return;
  if (!world.filters.isSettled(to)) return;
  if (world.filters.isDenied(to)) {
    world.violate(4, `a ${frame.kind} frame from ${frame.from} to ${frame.to} names the filtered mount`);
  } else world.coverage.count("frames with the mount that others filter");
}

/** Invariant 4, at rest: nothing of it lies on the disk of a performance secondary, in no generation. */
export function checkDisks(world: World): void {
  for (const cluster of world.clusters.values()) {
    const site = world.siteOf(cluster.name);
    const isSettled = world.filters.isUnchanged(site) || (world.filters.isSettled(site) && world.hasFollowed(cluster));
    const denied = world.filters.isDenied(site) && isSettled;
    for (const { key } of cluster.disk.range("g/", undefined, Number.POSITIVE_INFINITY)) {
      if (key.includes(TOKEN_MARK) && !key.includes(`${TOKEN_MARK}${site}-`)) {
        world.violate(4, `${cluster.name} stores ${key}`);
      }
      if (key.includes(FILTERED_MOUNT) && denied) {
        world.violate(4, `${cluster.name} stores ${key}`);
      }
    }
  }
}

/**
 * Invariants 1 and 5: what was acknowledged is there, read through the views of the cluster that answers for it.
 * @param atRest nothing is wrong with anybody any more: what cannot be read is lost
 */
export async function checkTable(world: World, table: string, atRest = false): Promise<void> {
  const { ledger } = world;
  const owner = world.cluster(ledger.ownerOf(table));
  const { host, openings } = owner;
  for (const key of ledger.keysOf(table)) {
    const before = ledger.allowed(table, key);
    let found: string | undefined;
    try {
      found = await owner.get(table === "shared" ? "replicated" : "local", key);
    } catch (error) {
      if (atRest) world.violate(1, `${owner.name} cannot read ${key} of ${table}: ${String(error)}`);
      return;
    }
    const after = ledger.allowed(table, key);
    // A read on a cluster that was replaced meanwhile proves nothing.
    if (ledger.ownerOf(table) !== owner.name || owner.host !== host || owner.openings !== openings) return;
    if (before === undefined || after === undefined || before.has(found) || after.has(found)) continue;
    world.violate(
      ledger.wasTakenOver(table) && table !== "shared" ? 5 : 1,
      `${owner.name} holds ${found} as ${key} of ${table}, clients were told ${[...after].join(" or ")}`,
    );
    return;
  }
  world.coverage.count("tables read back");
}
