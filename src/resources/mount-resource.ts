import { errorDiagnostic, hasErrors } from "../framework/diagnostics";
import type { StateModel } from "../framework/model";
import { defineSchema } from "../framework/schema";
import { formatImportId, parseImportId } from "./import-id";
import { resource } from "./kit";
import { optionalText } from "./mapping";
import {
  disableMount,
  enableMount,
  findMount,
  type MountFacts,
  type MountKind,
  mountAttributes,
  tuneMount,
} from "./mount";
import { refuseIfProtected } from "./protection";
import { keepIfUnavailable } from "./reading";

/** In what secrets engines and auth methods differ, as resources. */
export interface MountResource {
  readonly name: string;
  readonly kind: MountKind;
  readonly description: string;
  /** What deleting it does, for the refusal of a protected one. */
  readonly loss: string;
}

type State = StateModel<ReturnType<typeof schemaOf>>;
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

function schemaOf(description: string) {
  return defineSchema({ description, attributes: mountAttributes });
}

function vanished(kind: MountKind, path: string) {
  return {
    diagnostics: [
      errorDiagnostic(
        `The ${kind} vanished`,
        `"${path}/" was there a moment ago. Somebody else disabled it; apply again.`,
      ),
    ],
  };
}

/** The resource of one kind of mount: enabled, tuned, found again, disabled. */
export function mountResource({ name, kind, description, loss }: MountResource) {
  return resource({
    name,
    schema: schemaOf(description),

    async create({ plan, session, ...caller }) {
      const cluster = await session.cluster(plan.cluster, caller);
      const diagnostics = await enableMount(cluster, kind, plan);
      if (hasErrors(diagnostics)) return { diagnostics };
      const facts = await findMount(cluster, kind, plan.path);
      if (facts === undefined) return vanished(kind, plan.path);
      return { state: stateOf({ ...plan, id: formatImportId(plan.cluster, plan.path) }, facts), diagnostics };
    },

    async read({ state, session, ...caller }) {
      return keepIfUnavailable<State>(state, `The ${kind} at "${state.path}/"`, async () => {
        const facts = await findMount(await session.cluster(state.cluster, caller), kind, state.path);
        return { state: facts === undefined ? null : stateOf(state, facts) };
      });
    },

    async update({ plan, state, session, ...caller }) {
      const cluster = await session.cluster(plan.cluster, caller);
      await tuneMount(cluster, kind, plan);
      const facts = await findMount(cluster, kind, plan.path);
      return facts === undefined ? vanished(kind, plan.path) : { state: stateOf({ ...plan, id: state.id }, facts) };
    },

    async delete({ state, session, ...caller }) {
      const refusal = refuseIfProtected(state.deletion_protection, `The ${kind} at "${state.path}/"`, loss);
      if (refusal !== undefined) return refusal;
      await disableMount(await session.cluster(state.cluster, caller), kind, state.path);
      return undefined;
    },

    async modifyPlan({ action, state }) {
      if (action !== "delete") return undefined;
      return refuseIfProtected(state.deletion_protection, `The ${kind} at "${state.path}/"`, loss);
    },

    async importState({ id, session, ...caller }) {
      const { cluster: key, name: path } = parseImportId(id);
      const cluster = await session.cluster(key, caller);
      const facts = await findMount(cluster, kind, path);
      if (facts === undefined) {
        const detail = `Cluster "${cluster.name}" has no ${kind} at "${path}/".`;
        return { diagnostics: [errorDiagnostic(`No such ${kind}`, detail)] };
      }
      return { state: stateOf({ cluster: key, path, description: null, deletion_protection: true, id }, facts) };
    },
  });
}
