import { errorDiagnostic } from "../framework/diagnostics";
import type { StateModel } from "../framework/model";
import { badImportId, parseImportId } from "./import-id";
import { resource } from "./kit";
import { keepIfUnavailable } from "./reading";
import { performanceSecondarySchema as schema } from "./replication-schemas";
import { joinSet, leaveSet, observe, refuseLeaving, refusePromoted } from "./secondary";

type State = StateModel<typeof schema>;

const MODE = "performance";
/** What the resource always wants, whatever was found. */
const WANTED = { mode: "secondary", connected: true } as const;

export const performanceSecondary = resource({
  name: "meridian_performance_secondary",
  schema,

  async create({ plan, session, ...caller }) {
    return { state: { ...plan, ...(await joinSet(session, MODE, plan, caller)) } };
  },

  async read({ state, session, ...caller }) {
    return keepIfUnavailable<State>(state, "The replication status", async () => {
      const found = await observe(session, MODE, state, caller);
      if (found === null) return { state: null };
      const { filter, ...facts } = found;
      return { state: { ...state, ...facts, paths_filter: filter } };
    });
  },

  async update({ plan, state, session, ...caller }) {
    const refusal = refusePromoted(state.mode, state.cluster);
    if (refusal !== undefined) return refusal;
    return { state: { ...plan, ...(await joinSet(session, MODE, plan, caller)), id: state.id } };
  },

  async delete({ state, session, ...caller }) {
    const refusal = refuseLeaving(state);
    if (refusal !== undefined) return refusal;
    const diagnostics = await leaveSet(session, MODE, state, caller);
    return diagnostics.length === 0 ? undefined : { diagnostics };
  },

  async modifyPlan(change) {
    if (change.action === "delete") return refuseLeaving(change.state);
    if (change.action === "create") return { set: WANTED };
    return { set: WANTED, ...refusePromoted(change.state.mode, change.state.cluster, "warning") };
  },

  async importState({ id, session, ...caller }) {
    const { cluster, name: primary } = parseImportId(id);
    if (cluster === null) return badImportId(id, "cluster:primary");
    const target = { cluster, primary, secondary_id: null };
    const found = await observe(session, MODE, target, caller);
    if (found === null) {
      const detail = `Cluster "${cluster}" is not in a ${MODE} replication set.`;
      return { diagnostics: [errorDiagnostic("No such secondary", detail)] };
    }
    const { filter, ...facts } = found;
    return { state: { ...target, ...facts, paths_filter: filter, deletion_protection: true, id } };
  },
});
