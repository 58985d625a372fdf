/** Operations of one cluster alone: another one would look at tokens, leases and data of its own. */
const CLUSTERS_OWN = ["auth/token/", "cubbyhole/", "sys/"];

/**
 * What of `sys/` a set shares without declaring it (`forward`): the tables whose rows are shared or local. Everything else there
 * concerns one cluster, so that a path that is new is closed to the others until somebody says otherwise.
 */
const SHARED_TABLES = ["sys/audit/", "sys/auth/", "sys/mounts/", "sys/remount"];

/** @param path canonical, without `/v1/` */
export function isClustersOwn(path: string): boolean {
  const isUnder = (prefix: string): boolean => path.startsWith(prefix);
  return CLUSTERS_OWN.some(isUnder) && !SHARED_TABLES.some(isUnder);
}
