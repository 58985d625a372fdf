import { isUnavailable } from "../client/errors";
import type { Caller, MeridianSession } from "../client/session";
import { attributePath } from "../framework/attribute-path";
import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../framework/diagnostics";
import type { StateModel } from "../framework/model";
import { withTopology } from "../operator/operator-document";
import { UNKNOWN } from "../protocol/unknown";
import { resource } from "./kit";
import { refuseIfProtected } from "./protection";
import { endSecondary, revokeSecondary } from "./replication/activation";
import { MODES, replicationStatus } from "./replication/status";
import { driftedWish, factsModel, factsOf, knownWish, memberNames, type WishModel, wishOf } from "./topology/model";
import { observeTopology } from "./topology/observe";
import { ensureOperationToken, performSteps } from "./topology/perform";
import { describeStep, planSteps, type StepPlan } from "./topology/plan-steps";
import { filterOf, presentPrimary, type Roles, type TopologyFacts, wishProblems } from "./topology/roles";
import { topologySchema as schema } from "./topology-schema";

type State = StateModel<typeof schema>;

const NOTHING: TopologyFacts = { roles: new Map(), filters: new Map(), unreachable: new Set() };
const LOSS = "end all replication in it; clusters that join again lose their data";

function refused(state: Pick<State, "deletion_protection" | "name">) {
  return refuseIfProtected(state.deletion_protection, `Topology "${state.name}"`, LOSS);
}

/** The topology's name stands for its primary from now on. */
async function register(session: MeridianSession, name: string, wish: WishModel): Promise<readonly Diagnostic[]> {
  const document = await session.operator.read();
  if (document.clusters.has(name)) {
    const detail = `There is a cluster of that name, and "cluster" of other resources could mean either.`;
    return [errorDiagnostic(`The name "${name}" is taken`, detail, attributePath("name"))];
  }
  const members = memberNames(wish, new Map());
  const known = document.topologies.get(name);
  if (known !== undefined && members.join() === known.members.join()) return [];
  await session.operator.update((current) =>
    withTopology(current, name, (entry) => ({ primary: wish.primary, ...entry, members })),
  );
  return [];
}

/** Performs what leads from `facts` to the wish, and reads how it came out. */
async function settle(session: MeridianSession, name: string, model: WishModel, plan: StepPlan, caller: Caller) {
  const wish = wishOf(model);
  await performSteps({ session, topology: name, caller }, plan.steps);
  const members = memberNames(model, new Map());
  const facts = await observeTopology(session, members, NOTHING, caller);
  const primary = facts.roles.get(wish.primary);
  if (wish.pairs.size > 0 && !facts.unreachable.has(wish.primary) && primary?.performance === "primary") {
    await ensureOperationToken(session, name, await session.cluster(wish.primary, caller));
  }
  return { facts, steps: plan.steps.map(describeStep) };
}

function problemDiagnostics(problems: readonly string[]): readonly Diagnostic[] {
  return problems.map((problem) =>
    errorDiagnostic("The topology cannot be reached from here", problem, attributePath("primary")),
  );
}

/** What a planned move would cost now. Only a message: the plan itself never depends on it. */
async function costWarnings(
  session: MeridianSession,
  target: string,
  roles: Roles,
  caller: Caller,
): Promise<readonly Diagnostic[]> {
  const old = presentPrimary(roles);
  if (old === undefined || old === target) return [];
  const mode = roles.get(target)?.dr === "secondary" ? "dr" : "performance";
  try {
    const [above, below] = await Promise.all(
      [old, target].map(async (name) => (await replicationStatus(await session.cluster(name, caller)))[mode]),
    );
    const behind = Math.max(0, (above?.index ?? 0) - (below?.index ?? 0));
    const detail =
      `"${target}" takes over from "${old}". It is ${behind} log entries behind now; they are handed over before it is promoted, ` +
      "so that no acknowledged write is lost. Writes pause meanwhile." +
      (mode === "performance" ? ` Tokens issued by "${old}" are not valid on "${target}".` : "");
    return [warningDiagnostic("The primary moves", detail)];
  } catch (error) {
    if (!(error instanceof Error) || !isUnavailable(error)) throw error;
    return [warningDiagnostic("The primary moves", `"${target}" takes over from "${old}", which does not answer.`)];
  }
}

function postponedWarnings(postponed: readonly string[]): readonly Diagnostic[] {
  return postponed.map((cluster) =>
    warningDiagnostic(
      `Cluster "${cluster}" does not answer`,
      "What it needs is left for an apply after it has come back.",
    ),
  );
}

export const topology = resource({
  name: "meridian_topology",
  schema,
  timeouts: { createSeconds: 1800, updateSeconds: 1800, deleteSeconds: 600 },

  validate({ config }) {
    const wish = knownWish(config);
    if (wish === undefined) return [];
    return wishProblems(wishOf(wish)).map((problem) => errorDiagnostic("The topology is not possible", problem));
  },

  // No checkpoint: every step finds out whether it was done, so that the next creation goes on where this one failed. A
  // recorded part would be replaced instead, which the protection forbids.
  async create({ plan, session, log, signal }) {
    const caller = { log, signal };
    const taken = await register(session, plan.name, plan);
    if (taken.length > 0) return { diagnostics: taken };
    const intended = planSteps(wishOf(plan), NOTHING);
    if (intended.problems.length > 0) return { diagnostics: problemDiagnostics(intended.problems) };
    const { facts, steps } = await settle(session, plan.name, plan, intended, caller);
    const names = new Set(memberNames(plan, new Map()));
    return { state: { ...plan, ...factsModel(facts, names), steps, id: plan.name } };
  },

  async read({ state, session, log, signal }) {
    const caller = { log, signal };
    const known = factsOf(state);
    const facts = await observeTopology(session, memberNames(state, state.roles), known, caller);
    const gone = [...facts.roles.values()].every((role) => role.performance === "disabled" && role.dr === "disabled");
    if (gone && facts.unreachable.size === 0) return { state: null };
    const names = new Set(memberNames(state, new Map()));
    return { state: { ...state, ...driftedWish(state, facts), ...factsModel(facts, names) } };
  },

  async update({ plan, state, session, log, signal }) {
    const caller = { log, signal };
    const taken = await register(session, plan.name, plan);
    if (taken.length > 0) return { diagnostics: taken };
    const intended = planSteps(wishOf(plan), factsOf({ ...state, disaster_recovery: plan.disaster_recovery }));
    if (intended.problems.length > 0) return { diagnostics: problemDiagnostics(intended.problems) };
    const { facts, steps } = await settle(session, plan.name, plan, intended, caller);
    const names = new Set(memberNames(plan, new Map()));
    const performed = intended.steps.length === 0 ? state.steps : steps;
    return { state: { ...plan, ...factsModel(facts, names), steps: performed, id: state.id } };
  },

  async delete({ state, session, log, signal }) {
    const refusal = refused(state);
    if (refusal !== undefined) return refusal;
    const diagnostics = await dissolve(session, state, { log, signal });
    await session.operator.update((document) => withTopology(document, state.name, () => undefined));
    session.rolesChanged();
    return diagnostics.length === 0 ? undefined : { diagnostics };
  },

  async modifyPlan(change) {
    if (change.action === "delete") return refused(change.state);
    const { session, log, signal } = change;
    const model = knownWish(change.plan);
    if (model === undefined) return { set: { steps: UNKNOWN, roles: UNKNOWN, unreachable: UNKNOWN } };
    const wish = wishOf(model);
    const facts =
      change.state === null ? NOTHING : factsOf({ ...change.state, disaster_recovery: model.disaster_recovery });
    const { steps, problems, postponed } = planSteps(wish, facts);
    const errors = wishProblems(wish).length > 0 ? [] : problemDiagnostics(problems);
    if (change.state !== null && steps.length === 0) {
      const { state } = change;
      const kept = { steps: state.steps, roles: state.roles, unreachable: state.unreachable };
      return { set: kept, diagnostics: [...errors, ...postponedWarnings(postponed)] };
    }
    const costs = await costWarnings(session, wish.primary, facts.roles, { log, signal });
    return {
      set: { steps: steps.map(describeStep), roles: UNKNOWN, unreachable: UNKNOWN },
      diagnostics: [...errors, ...costs, ...postponedWarnings(postponed)],
    };
  },

  async importState({ id, session, log, signal }) {
    const entry = (await session.operator.read()).topologies.get(id);
    const [name = "", list] = id.split("=", 2);
    const members = entry?.members ?? list?.split(",") ?? [];
    const facts = await observeTopology(session, members, NOTHING, { log, signal });
    const primary = presentPrimary(facts.roles);
    if (primary === undefined) {
      const detail =
        `None of ${members.join(", ") || "its members"} is a primary. The id is the topology's name, if the operator file ` +
        `${session.operator.path} knows it, else name=member,member,...`;
      return { diagnostics: [errorDiagnostic("No such topology", detail)] };
    }
    return {
      state: {
        name,
        primary,
        ...importedShape(facts),
        ...factsModel(facts, new Set(members)),
        deletion_protection: true,
        id: name,
      },
    };
  },
});

/** Serving members become `clusters`, each DR secondary the pair of whom it follows. */
function importedShape(facts: TopologyFacts) {
  const serving = [...facts.roles].filter(([, role]) => role.dr !== "secondary");
  const standbys = [...facts.roles].filter(([, role]) => role.dr === "secondary");
  return {
    clusters: new Map(serving.map(([name]) => [name, { paths_filter: facts.filters.get(name) ?? null }])),
    disaster_recovery: standbys.length === 0 ? null : new Map(standbys.map(([name, role]) => [role.follows, name])),
    steps: [],
  };
}

/** Secondaries leave first, DR before performance; then the primaries stop. Members that do not answer are revoked. */
async function dissolve(session: MeridianSession, state: State, caller: Caller): Promise<readonly Diagnostic[]> {
  const facts = await observeTopology(session, memberNames(state, state.roles), factsOf(state), caller);
  const wish = wishOf(state);
  for (const mode of ["dr", "performance"] as const) {
    for (const [name, role] of facts.roles) {
      if (role[mode] !== "secondary" || role.follows === "" || facts.unreachable.has(role.follows)) continue;
      const [secondary, primary] = [await session.cluster(name, caller), await session.cluster(role.follows, caller)];
      if (facts.unreachable.has(name)) await revokeSecondary(primary, mode, name);
      else await endSecondary(session, { mode, secondary, primary, id: name, filter: filterOf(wish, name) }, caller);
    }
  }
  for (const [name, role] of facts.roles) {
    if (facts.unreachable.has(name)) continue;
    const client = await session.cluster(name, caller);
    for (const mode of MODES) {
      if (role[mode] === "primary") await client.post(`sys/replication/${mode}/primary/disable`);
    }
  }
  return [...facts.unreachable].map((name) =>
    warningDiagnostic(
      `Cluster "${name}" did not answer`,
      "It was revoked where possible; it still believes that it is in the set.",
    ),
  );
}
