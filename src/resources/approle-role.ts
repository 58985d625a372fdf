import type { ClusterClient } from "../client/cluster-client";
import { booleanAt, integerAt, textAt, textsAt } from "../client/json";
import { errorDiagnostic } from "../framework/diagnostics";
import type { StateModel } from "../framework/model";
import { requiresReplace, useStateForUnknown } from "../framework/plan-modifier";
import { defineSchema } from "../framework/schema";
import { integerBetween } from "../framework/validator";
import { isKnown } from "../protocol/unknown";
import {
  clusterAttribute,
  idAttribute,
  mountPath,
  objectName,
  replacedName,
  tokenPoliciesAttribute,
} from "./attributes";
import { badImportId, formatImportId, parseImportId } from "./import-id";
import { resource } from "./kit";
import { optionalSet } from "./mapping";
import { keepIfUnavailable } from "./reading";

const seconds = integerBetween(0, 3_153_600_000);

function limit<const D extends string>(description: D) {
  return { type: "integer", optional: true, default: 0, description, validators: [seconds] } as const;
}

const schema = defineSchema({
  description: "A role with which a program logs in. Secret ids are not managed here: they are secrets.",
  attributes: {
    cluster: { ...clusterAttribute, planModifiers: [requiresReplace] },
    mount: {
      type: "string",
      optional: true,
      default: "approle",
      description: "Path of the auth method.",
      validators: [mountPath],
      planModifiers: [requiresReplace],
    },
    name: { ...replacedName, description: "Name of the role.", validators: [objectName] },
    bind_secret_id: {
      type: "bool",
      optional: true,
      default: true,
      description: "Whether a login needs a secret id beside the role id.",
    },
    role_id: {
      type: "string",
      optional: true,
      computed: true,
      nonNull: true,
      description: "The role id. The server makes one if absent.",
      planModifiers: [useStateForUnknown],
    },
    secret_id_num_uses: limit("How many logins a secret id allows; 0 is any number."),
    secret_id_ttl_seconds: limit("How long a secret id is valid, in seconds; 0 is for ever."),
    token_policies: tokenPoliciesAttribute,
    token_ttl_seconds: limit("Lifetime of issued tokens in seconds; 0 is the mount's default."),
    token_max_ttl_seconds: limit("Longest lifetime of issued tokens in seconds; 0 is the mount's."),
    token_num_uses: limit("How many requests an issued token allows; 0 is any number."),
    id: idAttribute,
  },
});

type State = StateModel<typeof schema>;
type Identity = Pick<State, "mount" | "name">;
type Settings = Omit<State, "cluster" | "id" | "role_id">;

function pathOf({ mount, name }: Identity): string {
  return `auth/${mount}/role/${name}`;
}

async function write(cluster: ClusterClient, settings: Settings): Promise<void> {
  await cluster.post(pathOf(settings), {
    bind_secret_id: settings.bind_secret_id,
    secret_id_num_uses: settings.secret_id_num_uses,
    secret_id_ttl: settings.secret_id_ttl_seconds,
    token_policies: settings.token_policies ?? [],
    token_ttl: settings.token_ttl_seconds,
    token_max_ttl: settings.token_max_ttl_seconds,
    token_num_uses: settings.token_num_uses,
  });
}

/** The role id that the role has from now on. */
async function settleRoleId(cluster: ClusterClient, role: Identity, wanted: string | undefined): Promise<string> {
  const path = `${pathOf(role)}/role-id`;
  const present = textAt((await cluster.get(path))?.body, "data", "role_id") ?? "";
  if (wanted === undefined || wanted === present) return present;
  await cluster.post(path, { role_id: wanted });
  return wanted;
}

async function find(cluster: ClusterClient, state: Identity & Pick<State, "token_policies">) {
  const answer = await cluster.get(pathOf(state));
  if (answer === undefined) return undefined;
  return {
    bind_secret_id: booleanAt(answer.body, "data", "bind_secret_id") ?? true,
    secret_id_num_uses: integerAt(answer.body, "data", "secret_id_num_uses") ?? 0,
    secret_id_ttl_seconds: integerAt(answer.body, "data", "secret_id_ttl") ?? 0,
    token_policies: optionalSet(textsAt(answer.body, "data", "token_policies"), state.token_policies),
    token_ttl_seconds: integerAt(answer.body, "data", "token_ttl") ?? 0,
    token_max_ttl_seconds: integerAt(answer.body, "data", "token_max_ttl") ?? 0,
    token_num_uses: integerAt(answer.body, "data", "token_num_uses") ?? 0,
    role_id: await settleRoleId(cluster, state, undefined),
  };
}

export const approleRole = resource({
  name: "meridian_approle_role",
  schema,

  async create({ plan, session, checkpoint, ...caller }) {
    const cluster = await session.cluster(plan.cluster, caller);
    const id = formatImportId(plan.cluster, `${plan.mount}/${plan.name}`);
    await write(cluster, plan);
    checkpoint({ id });
    const roleId = await settleRoleId(cluster, plan, isKnown(plan.role_id) ? plan.role_id : undefined);
    return { state: { ...plan, role_id: roleId, id } };
  },

  async read({ state, session, ...caller }) {
    return keepIfUnavailable<State>(state, `Role "${state.name}"`, async () => {
      const found = await find(await session.cluster(state.cluster, caller), state);
      return { state: found === undefined ? null : { ...state, ...found } };
    });
  },

  async update({ plan, state, session, ...caller }) {
    const cluster = await session.cluster(plan.cluster, caller);
    await write(cluster, plan);
    const roleId = await settleRoleId(cluster, plan, isKnown(plan.role_id) ? plan.role_id : undefined);
    return { state: { ...plan, role_id: roleId, id: state.id } };
  },

  async delete({ state, session, ...caller }) {
    await (await session.cluster(state.cluster, caller)).delete(pathOf(state));
    return undefined;
  },

  async importState({ id, session, ...caller }) {
    const { cluster: key, name } = parseImportId(id);
    const slash = name.lastIndexOf("/");
    if (slash < 1) return badImportId(id, "cluster:mount/role");
    const target = { mount: name.slice(0, slash), name: name.slice(slash + 1), token_policies: null };
    const cluster = await session.cluster(key, caller);
    const found = await find(cluster, target);
    if (found === undefined) {
      const detail = `Cluster "${cluster.name}" has no role "${target.name}" at "${target.mount}/".`;
      return { diagnostics: [errorDiagnostic("No such role", detail)] };
    }
    return { state: { cluster: key, ...target, ...found, id } };
  },
});
