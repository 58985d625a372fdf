import { errorDiagnostic, hasErrors } from "../framework/diagnostics";
import type { StateModel } from "../framework/model";
import { defineSchema } from "../framework/schema";
import { formatImportId, parseImportId } from "./import-id";
import { resource } from "./kit";
import { optionalText } from "./mapping";
import { disableMount, enableMount, findMount, type MountFacts, mountAttributes, tuneMount } from "./mount";
import { refuseIfProtected } from "./protection";
import { keepIfUnavailable } from "./reading";

const KIND = "secrets engine";
const LOSS = "delete all secrets in it";

const schema = defineSchema({
  description: "A secrets engine: what stores or makes secrets under a path.",
  attributes: mountAttributes,
});

type State = StateModel<typeof schema>;
type Configured = Pick<State, "cluster" | "path" | "description" | "deletion_protection" | "id">;

function stateOf(configured: Configured, facts: MountFacts): State {
  return {
    ...configured,
    type: facts.type,
    local: facts.local,
    description: optionalText(facts.description, configured.description),
    options: facts.options,
    default_lease_ttl_seconds: facts.defaultLeaseTtlSeconds,
    max_lease_ttl_seconds: facts.maxLeaseTtlSeconds,
    listing_visibility: facts.listingVisibility,
    accessor: facts.accessor,
  };
}

function vanished(path: string) {
  return {
    diagnostics: [
      errorDiagnostic(
        `The ${KIND} vanished`,
        `"${path}/" was there a moment ago. Somebody else disabled it; apply again.`,
      ),
    ],
  };
}

export const secretsEngine = resource({
  name: "meridian_secrets_engine",
  schema,

  async create({ plan, session, ...caller }) {
    const cluster = await session.cluster(plan.cluster, caller);
    const diagnostics = await enableMount(cluster, KIND, plan);
    if (hasErrors(diagnostics)) return { diagnostics };
    const facts = await findMount(cluster, KIND, plan.path);
    if (facts === undefined) return vanished(plan.path);
    return { state: stateOf({ ...plan, id: formatImportId(plan.cluster, plan.path) }, facts), diagnostics };
  },

  async read({ state, session, ...caller }) {
    return keepIfUnavailable<State>(state, `The ${KIND} at "${state.path}/"`, async () => {
      const facts = await findMount(await session.cluster(state.cluster, caller), KIND, state.path);
      return { state: facts === undefined ? null : stateOf(state, facts) };
    });
  },

  async update({ plan, state, session, ...caller }) {
    const cluster = await session.cluster(plan.cluster, caller);
    await tuneMount(cluster, KIND, plan);
    const facts = await findMount(cluster, KIND, plan.path);
    return facts === undefined ? vanished(plan.path) : { state: stateOf({ ...plan, id: state.id }, facts) };
  },

  async delete({ state, session, ...caller }) {
    const refusal = refuseIfProtected(state.deletion_protection, `The ${KIND} at "${state.path}/"`, LOSS);
    if (refusal !== undefined) return refusal;
    await disableMount(await session.cluster(state.cluster, caller), KIND, state.path);
    return undefined;
  },

  async modifyPlan({ action, state }) {
    if (action !== "delete") return undefined;
    return refuseIfProtected(state.deletion_protection, `The ${KIND} at "${state.path}/"`, LOSS);
  },

  async importState({ id, session, ...caller }) {
    const { cluster: key, name: path } = parseImportId(id);
    const cluster = await session.cluster(key, caller);
    const facts = await findMount(cluster, KIND, path);
    if (facts === undefined) {
      const detail = `Cluster "${cluster.name}" has no ${KIND} at "${path}/".`;
      return { diagnostics: [errorDiagnostic(`No such ${KIND}`, detail)] };
    }
    return { state: stateOf({ cluster: key, path, description: null, deletion_protection: true, id }, facts) };
  },
});
