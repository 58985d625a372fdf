/** What a cluster must settle itself: nobody else may be asked to do it in its name. */
const NODES_OWN = /^sys\/(replication|generate-root|init|unseal|seal|step-down|health)(\/|$)/;

/** @param path canonical, without `/v1/` */
export function isNodesOwn(path: string): boolean {
  return NODES_OWN.test(path);
}
