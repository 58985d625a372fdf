/** Operations of one cluster alone: another one would look at tokens, leases, keys and wrapped answers of its own. */
const CLUSTERS_OWN = [
  "auth/token/",
  "cubbyhole/",
  "sys/config/",
  "sys/generate-root",
  "sys/ha-status",
  "sys/internal/",
  "sys/leases/",
  "sys/metrics",
  "sys/renew",
  "sys/replication/",
  "sys/revoke",
  "sys/raw/",
  "sys/seal",
  "sys/wrapping/",
];

/** @param path canonical, without `/v1/` */
export function isClustersOwn(path: string): boolean {
  return CLUSTERS_OWN.some((prefix) => path.startsWith(prefix));
}
