/** Roles that a load balancer tells apart. */
const QUERIES: ReadonlyMap<string, string> = new Map([
  // Clients go to active nodes of primaries and performance secondaries; a DR secondary answers 472 and gets none.
  ["serving", "standbyok=true&perfstandbyok=true"],
  // Other clusters dial the active node only; a DR secondary's counts as one.
  ["replication", "drsecondarycode=200"],
]);

/** Path for health checks: 200 means "send it traffic". @param role `serving` or `replication` */
export function healthCheckPath(role: string): string {
  const query = QUERIES.get(role);
  if (query === undefined)
    throw new Error(`no health check for role "${role}": use ${[...QUERIES.keys()].join(" or ")}`);
  return `/v1/sys/health?${query}`;
}
