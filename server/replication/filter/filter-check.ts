import { CORE_MOUNT_ID } from "../../sdk/key-layout";
import type { ClusterLog } from "../../sdk/log";
import type { PathsFilter } from "../../sdk/replication-admin";
import { isNeverFiltered, type MountPathOf } from "./mount-scope";

/**
 * Why a filter would not do what its author means: whole mounts are filtered, and not all of them. Paths of mounts that do not
 * exist are fine, they may be mounted later. Undefined: nothing is wrong with it.
 */
export async function filterFault(
  { mode, paths }: PathsFilter,
  log: ClusterLog,
  pathOf: MountPathOf,
): Promise<string | undefined> {
  const kept = mode === "deny" ? paths.find(isNeverFiltered) : undefined;
  if (kept !== undefined) return `paths: ${kept} cannot be filtered, every cluster of the set needs it`;
  const mounts = await mountPaths(log, pathOf);
  for (const path of paths) {
    const outer = enclosing(path).find((prefix) => mounts.has(prefix));
    if (outer !== undefined) return `paths: ${path} lies inside the mount ${outer}, and a filter takes whole mounts`;
    const inner = mounts.has(path) ? undefined : [...mounts].find((mount) => mount.startsWith(path));
    if (inner !== undefined) return `paths: ${path} is no mount, and a filter names each mount, as ${inner}`;
  }
  return undefined;
}

async function mountPaths(log: ClusterLog, pathOf: MountPathOf): Promise<ReadonlySet<string>> {
  const paths = new Set<string>();
  for (const { class: keyClass, mountId } of log.index.mounts()) {
    if (keyClass !== "replicated" || mountId === CORE_MOUNT_ID) continue;
    const path = await pathOf(mountId);
    if (path !== undefined) paths.add(path);
  }
  return paths;
}

/** `a/`, `a/b/` for `a/b/c/`. */
function enclosing(path: string): readonly string[] {
  const segments = path.split("/").slice(0, -1);
  return segments.slice(1).map((_, at) => `${segments.slice(0, at + 1).join("/")}/`);
}
