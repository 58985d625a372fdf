/** Operations of one cluster alone: another one would look at tokens, leases and wrapped answers of its own. */
const CLUSTERS_OWN = [
  "auth/token/",
  "cubbyhole/",
  "sys/leases/",
  "sys/renew",
  "sys/replication/",
  "sys/revoke",
  "sys/raw/",
  "sys/wrapping/",
];

/** @param path canonical, without `/v1/` */
export function isClustersOwn(path: string): boolean {
  return CLUSTERS_OWN.some((prefix) => path.startsWith(prefix));
}
