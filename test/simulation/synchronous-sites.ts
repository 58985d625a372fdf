import type { SynchronousDrSettings } from "../../server/replication/role/synchronous-dr";
import type { Mutation } from "./mutations";
import { SeededRandom } from "./seeded-random";
import type { Topology } from "./topology";

type Mode = SynchronousDrSettings["mode"];

/** By site: what its primary does where no DR secondary keeps up. In some seeds all block, of the other sites some degrade. */
export function synchronousDrOf(
  { sites }: Topology,
  seed: number,
  mutation: Mutation | undefined,
): ReadonlyMap<string, Mode> {
  const isBlocking = new SeededRandom(seed, "synchronous").chance(shareOf(mutation, "block", 0.2));
  const pairs = Object.values(sites).every((names) => names.length <= 2);
  const modes = new Map<string, Mode>();
  for (const site of Object.keys(sites)) {
    const isDegrading = new SeededRandom(seed, "degrade", site).chance(shareOf(mutation, "degrade", 0.4));
    modes.set(site, pairs && isBlocking ? "block" : isDegrading ? "degrade" : "off");
  }
  return modes;
}

/** Where a planted bug needs one of the modes, all have it. */
function shareOf(mutation: Mutation | undefined, mode: Mode, usual: number): number {
  if (mutation?.synchronousDr === undefined) return usual;
  return mutation.synchronousDr === mode ? 1 : 0;
}
