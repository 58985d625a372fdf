import { textAt } from "../client/json";
import { errorDiagnostic } from "../framework/diagnostics";
import { requiresReplace } from "../framework/plan-modifier";
import { defineSchema } from "../framework/schema";
import { matches } from "../framework/validator";
import { clusterAttribute, idAttribute, replacedName } from "./attributes";
import { formatImportId, parseImportId } from "./import-id";
import { resource } from "./kit";
import { keepIfUnavailable } from "./reading";

const schema = defineSchema({
  description: "An ACL policy: which paths a token may use, and how. Replicated to every secondary.",
  attributes: {
    cluster: { ...clusterAttribute, planModifiers: [requiresReplace] },
    name: {
      ...replacedName,
      description: "Name of the policy, in lower case.",
      validators: [matches(/^[^A-Z/\s][^A-Z/\s]{0,254}$/, "lower-case text without spaces and slashes")],
    },
    policy: { type: "string", required: true, description: "The rules, in HCL or JSON." },
    id: idAttribute,
  },
});

export const policy = resource({
  name: "meridian_policy",
  schema,

  async create({ plan, session, ...caller }) {
    const cluster = await session.cluster(plan.cluster, caller);
    await cluster.post(`sys/policies/acl/${plan.name}`, { policy: plan.policy });
    return { state: { ...plan, id: formatImportId(plan.cluster, plan.name) } };
  },

  async read({ state, session, ...caller }) {
    return keepIfUnavailable(state, `Policy "${state.name}"`, async () => {
      const cluster = await session.cluster(state.cluster, caller);
      const found = await cluster.get(`sys/policies/acl/${state.name}`);
      if (found === undefined) return { state: null };
      return { state: { ...state, policy: textAt(found.body, "data", "policy") ?? "" } };
    });
  },

  async update({ plan, state, session, ...caller }) {
    const cluster = await session.cluster(plan.cluster, caller);
    await cluster.post(`sys/policies/acl/${plan.name}`, { policy: plan.policy });
    return { state: { ...plan, id: state.id } };
  },

  async delete({ state, session, ...caller }) {
    const cluster = await session.cluster(state.cluster, caller);
    await cluster.delete(`sys/policies/acl/${state.name}`);
    return undefined;
  },

  async importState({ id, session, ...caller }) {
    const { cluster: key, name } = parseImportId(id);
    const cluster = await session.cluster(key, caller);
    const found = await cluster.get(`sys/policies/acl/${name}`);
    const text = textAt(found?.body, "data", "policy");
    if (text === undefined) {
      return { diagnostics: [errorDiagnostic("No such policy", `Cluster "${cluster.name}" has no policy "${name}".`)] };
    }
    return { state: { cluster: key, name, policy: text, id } };
  },
});
