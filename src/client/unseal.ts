import { type ClusterEntry, credentialEntries } from "../operator/operator-document";
import type { ClusterClient } from "./cluster-client";
import { ApiError, ConfigurationError } from "./errors";
import { booleanAt, textAt } from "./json";
import { NO_RETRY } from "./retry";
import type { Caller, MeridianSession } from "./session";
import { waitUntil } from "./wait";

const AUTOMATIC_LIMIT_MS = 30_000;
const ACTIVE_LIMIT_MS = 30_000;

export interface SealState {
  readonly initialized: boolean;
  readonly sealed: boolean;
  /** `shamir` or `static`. */
  readonly type: string;
}

export async function sealState(cluster: ClusterClient, retry = NO_RETRY): Promise<SealState> {
  const answer = await cluster.get("sys/seal-status", { token: null, retry });
  return {
    initialized: booleanAt(answer?.body, "initialized") ?? false,
    sealed: booleanAt(answer?.body, "sealed") ?? true,
    type: textAt(answer?.body, "type") ?? "",
  };
}

/**
 * Unseals with the operator file's shares: the cluster's own, then those of the cluster whose keys it took. A seal that
 * opens itself is waited for. Does nothing if it is open. Returns once the node is active.
 */
export async function ensureUnsealed(session: MeridianSession, cluster: ClusterClient, caller: Caller): Promise<void> {
  const state = await sealState(cluster);
  if (state.sealed && state.type === "shamir") await unsealWithShares(session, cluster, caller);
  else if (state.sealed) await waitForAutomaticSeal(cluster, caller);
  await waitUntilActive(cluster, caller);
}

async function unsealWithShares(session: MeridianSession, cluster: ClusterClient, caller: Caller): Promise<void> {
  const document = await session.operator.read();
  const entries = credentialEntries(document, cluster.name).filter(({ keys }) => keys?.kind === "unseal");
  for (const [position, entry] of entries.entries()) {
    caller.log.info("unsealing", { cluster: cluster.name, set_of_keys: position + 1 });
    if (await unsealedBy(cluster, entry)) return;
  }
  const detail =
    entries.length === 0
      ? `The operator file ${session.operator.path} has no shares for it. Unseal it by hand (meridian operator unseal).`
      : `None of the shares in the operator file ${session.operator.path} open it. Were its keys changed elsewhere?`;
  throw new ConfigurationError(`Cluster "${cluster.name}" at ${cluster.address} stays sealed`, detail);
}

async function unsealedBy(cluster: ClusterClient, entry: ClusterEntry): Promise<boolean> {
  await cluster.post("sys/unseal", { reset: true }, { token: null });
  for (const share of entry.keys?.shares ?? []) {
    try {
      const answer = await cluster.post("sys/unseal", { key: share }, { token: null, secrets: [share] });
      if (booleanAt(answer.body, "sealed") === false) return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 400) return false;
      throw error;
    }
  }
  return false;
}

async function waitForAutomaticSeal(cluster: ClusterClient, caller: Caller): Promise<void> {
  const wait = { ...caller, what: `cluster "${cluster.name}" has unsealed itself`, limitMs: AUTOMATIC_LIMIT_MS };
  await waitUntil(wait, async () => ((await sealState(cluster)).sealed ? { pending: "sealed" } : { done: true }));
}

/** 200 active, 429 standby, 472 DR secondary, 473 performance standby: the node works. */
export async function waitUntilActive(cluster: ClusterClient, caller: Caller): Promise<void> {
  const wait = { ...caller, what: `cluster "${cluster.name}" is active`, limitMs: ACTIVE_LIMIT_MS };
  await waitUntil(wait, async () => {
    const options = { token: null, retry: NO_RETRY, accept: [429, 472, 473, 501, 503] };
    const answer = await cluster.get("sys/health", options);
    const status = answer?.status ?? 404;
    return [200, 429, 472, 473].includes(status) ? { done: true } : { pending: `sys/health answers ${status}` };
  });
}
