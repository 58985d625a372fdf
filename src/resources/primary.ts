import type { ClusterClient } from "../client/cluster-client";
import type { StateModel } from "../framework/model";
import { formatImportId, parseImportId } from "./import-id";
import { resource } from "./kit";
import { refuseIfProtected } from "./protection";
import { keepIfUnavailable } from "./reading";
import { enablePrimary } from "./replication/activation";
import { MODES, type Mode, type ReplicationStatus, replicationStatus } from "./replication/status";
import { primarySchema as schema } from "./replication-schemas";

type State = StateModel<typeof schema>;
type Wish = Pick<State, "performance" | "disaster_recovery">;

const LOSS = "cut off all its secondaries; those that join a new set are wiped";

function wanted(wish: Wish): Readonly<Record<Mode, boolean>> {
  return { performance: wish.performance, dr: wish.disaster_recovery };
}

function factsOf(status: ReplicationStatus) {
  return {
    performance_mode: status.performance.mode,
    dr_mode: status.dr.mode,
    performance_set_id: status.performance.setId || null,
    dr_set_id: status.dr.setId || null,
  };
}

async function disablePrimary(cluster: ClusterClient, mode: Mode): Promise<void> {
  const status = (await replicationStatus(cluster))[mode];
  if (status.mode === "primary") await cluster.post(`sys/replication/${mode}/primary/disable`);
}

/** The role in a mode that is not wished: that of a primary ends, any other is somebody else's. */
function unwished(mode: string): string {
  return mode === "primary" ? "disabled" : mode;
}

function plannedModes(wish: Wish, state: Pick<State, "performance_mode" | "dr_mode">) {
  return {
    performance_mode: wish.performance ? "primary" : unwished(state.performance_mode),
    dr_mode: wish.disaster_recovery ? "primary" : unwished(state.dr_mode),
  };
}

/** Of a cluster that was not asked yet. */
function modesToBe(wish: Wish) {
  return {
    ...(wish.performance && { performance_mode: "primary" }),
    ...(wish.disaster_recovery && { dr_mode: "primary" }),
  };
}

export const primary = resource({
  name: "meridian_primary",
  schema,

  async create({ plan, session, log, signal }) {
    const caller = { log, signal };
    const cluster = await session.cluster(plan.cluster, caller);
    for (const mode of MODES) {
      if (wanted(plan)[mode]) await enablePrimary(session, cluster, mode, caller, plan.cluster_address ?? undefined);
    }
    const facts = factsOf(await replicationStatus(cluster));
    return { state: { ...plan, ...facts, id: formatImportId(plan.cluster, "primary") } };
  },

  async read({ state, session, ...caller }) {
    return keepIfUnavailable<State>(state, "The replication status", async () => {
      const status = await replicationStatus(await session.cluster(state.cluster, caller));
      const isPrimary = MODES.some((mode) => status[mode].mode === "primary");
      const isDisabled = MODES.every((mode) => status[mode].mode === "disabled");
      return { state: isPrimary || !isDisabled ? { ...state, ...factsOf(status) } : null };
    });
  },

  async update({ plan, state, session, log, signal }) {
    const caller = { log, signal };
    const cluster = await session.cluster(plan.cluster, caller);
    for (const mode of MODES) {
      if (wanted(plan)[mode]) await enablePrimary(session, cluster, mode, caller, plan.cluster_address ?? undefined);
      else if (state.deletion_protection && wanted(state)[mode]) return refused(state) ?? { state };
      else await disablePrimary(cluster, mode);
    }
    const facts = factsOf(await replicationStatus(cluster));
    return { state: { ...plan, ...facts, ...plannedModes(plan, state), id: state.id } };
  },

  async delete({ state, session, ...caller }) {
    const refusal = refused(state);
    if (refusal !== undefined) return refusal;
    const cluster = await session.cluster(state.cluster, caller);
    for (const mode of MODES) await disablePrimary(cluster, mode);
    return undefined;
  },

  async modifyPlan(change) {
    if (change.action === "delete") return refused(change.state);
    const { plan } = change;
    if (typeof plan.performance !== "boolean" || typeof plan.disaster_recovery !== "boolean") return undefined;
    const wish = { performance: plan.performance, disaster_recovery: plan.disaster_recovery };
    return { set: change.state === null ? modesToBe(wish) : plannedModes(wish, change.state) };
  },

  async importState({ id, session, ...caller }) {
    const { cluster: key } = parseImportId(id.includes(":") ? id : `${id}:primary`);
    const status = await replicationStatus(await session.cluster(key, caller));
    const facts = factsOf(status);
    const roles = { performance: facts.performance_mode === "primary", disaster_recovery: facts.dr_mode === "primary" };
    return {
      state: { cluster: key, ...facts, ...roles, deletion_protection: true, id: formatImportId(key, "primary") },
    };
  },
});

function refused(state: Pick<State, "deletion_protection" | "cluster">) {
  return refuseIfProtected(state.deletion_protection, `Primary "${state.cluster ?? "(the only cluster)"}"`, LOSS);
}
