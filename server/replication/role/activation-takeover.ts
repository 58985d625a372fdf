import type { ReplicationDependencies } from "./dependencies";
import type { ReplicationStore } from "./replication-store";

/**
 * The first opening on a new generation: what it was built for becomes this cluster's role. The gate still lets everything
 * pass here, since no role has been read yet.
 */
export async function takeUpActivation(deps: ReplicationDependencies, store: ReplicationStore): Promise<void> {
  const activation = await store.readActivation();
  if (activation === undefined) return;
  const { mode, setId, link } = activation;
  const role = store.putRole(mode, { role: "secondary", setId, link });
  await deps.core.barrier.commit([role, store.deleteActivation()]);
  deps.logger.log("info", "bootstrap activated", { mode, set: setId, secondary: link.secondaryId });
}
