import type { ClusterClient } from "../client/cluster-client";
import { ConfigurationError, NotYetKnownError } from "../client/errors";
import { textAt } from "../client/json";
import { NO_RETRY } from "../client/retry";
import type { Caller, MeridianSession } from "../client/session";
import { ensureUnsealed, sealState } from "../client/unseal";
import { errorDiagnostic } from "../framework/diagnostics";
import type { StateModel } from "../framework/model";
import { archived, withCluster } from "../operator/operator-document";
import { UNKNOWN } from "../protocol/unknown";
import { ensureAdministrator } from "./cluster/administrator";
import { ensureInitialized } from "./cluster/initialization";
import { clusterSchema as schema } from "./cluster-schema";
import { resource } from "./kit";
import { refuseIfProtected } from "./protection";
import { keepIfUnavailable } from "./reading";

type State = StateModel<typeof schema>;
type Place = Pick<State, "name" | "api_address" | "cluster_address" | "ca_cert_pem">;

const LOSS = "put its keys aside in the operator file's archive; its data cannot be opened without them";

/** From now on other resources find the cluster under its name. */
async function register(session: MeridianSession, place: Place): Promise<void> {
  if (place.api_address === null) return;
  const found = (await session.operator.read()).clusters.get(place.name);
  const wanted = {
    apiAddress: place.api_address,
    ...(place.cluster_address !== null && { clusterAddress: place.cluster_address }),
    ...(place.ca_cert_pem !== null && { caCertPem: place.ca_cert_pem }),
  };
  const same =
    found?.apiAddress === wanted.apiAddress &&
    found.clusterAddress === wanted.clusterAddress &&
    found.caCertPem === wanted.caCertPem;
  if (same) return;
  await session.operator.update((document) =>
    withCluster(document, place.name, ({ apiAddress: _, clusterAddress: __, caCertPem: ___, ...rest }) => ({
      ...rest,
      ...wanted,
    })),
  );
  session.forget(place.name);
}

async function requireAddress(session: MeridianSession, place: Place): Promise<void> {
  try {
    await session.endpoint(place.name);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const detail = `Set "api_address" (for a meridian_node: its api_address), or add "${place.name}" to the provider's "clusters".`;
    throw new ConfigurationError(`Nobody says where cluster "${place.name}" is`, detail);
  }
}

async function factsOf(cluster: ClusterClient) {
  const state = await sealState(cluster);
  const accept = [429, 472, 473, 501, 503];
  const health = await cluster.get("sys/health", { token: null, retry: NO_RETRY, accept });
  return {
    initialized: state.initialized,
    facts: {
      sealed: state.sealed,
      seal_type: state.type === "" ? null : state.type,
      cluster_id: textAt(health?.body, "cluster_id") ?? null,
    },
  };
}

async function bringUp(session: MeridianSession, cluster: ClusterClient, caller: Caller) {
  await ensureUnsealed(session, cluster, caller);
  await ensureAdministrator(session, cluster, caller);
  return (await factsOf(cluster)).facts;
}

function refused(state: Pick<State, "deletion_protection" | "name">) {
  return refuseIfProtected(state.deletion_protection, `Cluster "${state.name}"`, LOSS);
}

export const cluster = resource({
  name: "meridian_cluster",
  schema,

  // No checkpoint: what a failed creation left is in the operator file and on the server, and the next one goes on with it. A
  // recorded part would be replaced instead, which the protection forbids.
  async create({ plan, session, log, signal }) {
    const caller = { log, signal };
    await register(session, plan);
    await requireAddress(session, plan);
    const client = await session.cluster(plan.name, caller);
    const numbers = { shares: plan.secret_shares, threshold: plan.secret_threshold };
    const fingerprint = await ensureInitialized(session, client, numbers, caller);
    const facts = await bringUp(session, client, caller);
    return { state: { ...plan, ...facts, sealed: false, recipient_fingerprint: fingerprint, id: plan.name } };
  },

  async read({ state, session, ...caller }) {
    return keepIfUnavailable<State>(state, `Cluster "${state.name}"`, async () => {
      const { initialized, facts } = await factsOf(await session.cluster(state.name, caller));
      const clusterId = facts.cluster_id ?? state.cluster_id;
      return { state: initialized ? { ...state, ...facts, cluster_id: clusterId } : null };
    });
  },

  async update({ plan, state, session, log, signal }) {
    const caller = { log, signal };
    await register(session, plan);
    const facts = await bringUp(session, await session.cluster(plan.name, caller), caller);
    const fingerprint = state.recipient_fingerprint;
    const kept = { seal_type: state.seal_type ?? facts.seal_type, recipient_fingerprint: fingerprint, id: state.id };
    return { state: { ...plan, ...facts, ...kept, sealed: false } };
  },

  async delete({ state, session }) {
    const refusal = refused(state);
    if (refusal !== undefined) return refusal;
    const now = new Date(session.nowMs());
    await session.operator.update((document) => archived(document, state.name, "destroyed by Terraform", now));
    return undefined;
  },

  async modifyPlan(change) {
    if (change.action === "delete") return refused(change.state);
    if (change.action === "create") return { set: { sealed: false } };
    return { set: { sealed: false, cluster_id: change.state.sealed ? UNKNOWN : change.state.cluster_id } };
  },

  validate({ config }) {
    const { secret_shares: shares, secret_threshold: threshold } = config;
    if (typeof shares !== "number" || typeof threshold !== "number" || threshold <= shares) return [];
    const detail = `secret_threshold (${threshold}) cannot be greater than secret_shares (${shares}).`;
    return [errorDiagnostic("More shares needed than there are", detail)];
  },

  async importState({ id, session, ...caller }) {
    try {
      const { initialized, facts } = await factsOf(await session.cluster(id, caller));
      if (!initialized)
        return { diagnostics: [errorDiagnostic("Not initialised", `Cluster "${id}" is not initialised: create it.`)] };
      const recorded = (await session.operator.read()).clusters.get(id);
      const place = {
        api_address: recorded?.apiAddress ?? null,
        cluster_address: recorded?.clusterAddress ?? null,
        ca_cert_pem: recorded?.caCertPem ?? null,
      };
      const shares = {
        secret_shares: recorded?.keys?.shares.length ?? 5,
        secret_threshold: recorded?.keys?.threshold ?? 3,
      };
      return { state: { name: id, ...place, ...shares, ...facts, deletion_protection: true, id } };
    } catch (error) {
      if (!(error instanceof NotYetKnownError)) throw error;
      return {
        diagnostics: [
          errorDiagnostic("The cluster's address is not known", `Add "${id}" to the provider's "clusters".`),
        ],
      };
    }
  },
});
