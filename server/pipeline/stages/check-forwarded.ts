import { isClustersOwn } from "../clusters-own";
import type { Exchange } from "../exchange";

/**
 * A performance secondary is believed about its callers, not about what it may reach: nothing of this cluster alone, no
 * login, and no mount that its filter leaves out. One that keeps the rules sends none of these.
 */
export function checkForwarded(exchange: Exchange): undefined {
  const { declaration, mount, path } = exchange;
  const isShared = declaration?.forward === true || !isClustersOwn(path);
  const isHeld = mount === undefined || (!mount.entry.local && exchange.allowsMount(mount.entry.path));
  if (isShared && isHeld && declaration?.unauthenticated !== true) return undefined;
  throw exchange.refusal(path);
}
