import type { ClusterClient } from "./cluster-client";
import { UnreachableError } from "./errors";
import { textAt } from "./json";
import { NO_RETRY } from "./retry";

/**
 * The member that is the set's primary now: performance primary, and nobody's DR secondary. Asks one after another, the
 * recorded primary first.
 */
export async function findPrimary(topology: string, members: readonly ClusterClient[]): Promise<ClusterClient> {
  let failure: unknown;
  for (const member of members) {
    try {
      const status = await member.get("sys/replication/status", { token: null, retry: NO_RETRY });
      const performance = textAt(status?.body, "data", "performance", "mode");
      const dr = textAt(status?.body, "data", "dr", "mode");
      if (performance === "primary" && dr !== "secondary") return member;
    } catch (error) {
      member.signal.throwIfAborted();
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  const asked = members.map((member) => member.name).join(", ");
  throw new UnreachableError(topology, `any of ${asked}`, "none of them is a primary");
}
