import type { ClusterClient } from "../client/cluster-client";
import { integerAt, textsAt } from "../client/json";
import { errorDiagnostic } from "../framework/diagnostics";
import type { KnownConfigModel, StateModel } from "../framework/model";
import { requiresReplace } from "../framework/plan-modifier";
import { defineSchema } from "../framework/schema";
import { integerBetween } from "../framework/validator";
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

const schema = defineSchema({
  description: "A person who logs in with a name and a password. The password is kept in neither plan nor state.",
  attributes: {
    cluster: { ...clusterAttribute, planModifiers: [requiresReplace] },
    mount: {
      type: "string",
      optional: true,
      default: "userpass",
      description: "Path of the auth method.",
      validators: [mountPath],
      planModifiers: [requiresReplace],
    },
    username: { ...replacedName, description: "Name, in lower case.", validators: [objectName] },
    password_wo: {
      type: "string",
      required: true,
      sensitive: true,
      writeOnly: true,
      description: "The password. A change takes effect when `password_wo_version` changes.",
    },
    password_wo_version: {
      type: "integer",
      optional: true,
      default: 1,
      description: "Raise it to set the password again.",
    },
    token_policies: tokenPoliciesAttribute,
    token_ttl_seconds: {
      type: "integer",
      optional: true,
      default: 0,
      description: "Lifetime of issued tokens in seconds; 0 is the mount's default.",
      validators: [seconds],
    },
    token_max_ttl_seconds: {
      type: "integer",
      optional: true,
      default: 0,
      description: "Longest lifetime of issued tokens in seconds; 0 is the mount's.",
      validators: [seconds],
    },
    id: idAttribute,
  },
});

type State = StateModel<typeof schema>;
type Settings = Pick<State, "mount" | "username" | "token_policies" | "token_ttl_seconds" | "token_max_ttl_seconds">;

function pathOf({ mount, username }: Pick<State, "mount" | "username">): string {
  return `auth/${mount}/users/${username}`;
}

async function write(
  cluster: ClusterClient,
  settings: Settings,
  password: KnownConfigModel<typeof schema>["password_wo"] | undefined,
): Promise<void> {
  const body = {
    token_policies: settings.token_policies ?? [],
    token_ttl: settings.token_ttl_seconds,
    token_max_ttl: settings.token_max_ttl_seconds,
    ...(password !== undefined && { password }),
  };
  await cluster.post(pathOf(settings), body, { secrets: password === undefined ? [] : [password] });
}

async function find(cluster: ClusterClient, state: Pick<State, "mount" | "username" | "token_policies">) {
  const answer = await cluster.get(pathOf(state));
  if (answer === undefined) return undefined;
  return {
    token_policies: optionalSet(textsAt(answer.body, "data", "token_policies"), state.token_policies),
    token_ttl_seconds: integerAt(answer.body, "data", "token_ttl") ?? 0,
    token_max_ttl_seconds: integerAt(answer.body, "data", "token_max_ttl") ?? 0,
  };
}

export const userpassUser = resource({
  name: "meridian_userpass_user",
  schema,

  async create({ plan, config, session, ...caller }) {
    const cluster = await session.cluster(plan.cluster, caller);
    await write(cluster, plan, config.password_wo);
    return { state: { ...plan, id: formatImportId(plan.cluster, `${plan.mount}/${plan.username}`) } };
  },

  async read({ state, session, ...caller }) {
    return keepIfUnavailable<State>(state, `User "${state.username}"`, async () => {
      const found = await find(await session.cluster(state.cluster, caller), state);
      return { state: found === undefined ? null : { ...state, ...found } };
    });
  },

  async update({ plan, state, config, session, ...caller }) {
    const cluster = await session.cluster(plan.cluster, caller);
    const again = plan.password_wo_version !== state.password_wo_version;
    await write(cluster, plan, again ? config.password_wo : undefined);
    return { state: { ...plan, id: state.id } };
  },

  async delete({ state, session, ...caller }) {
    await (await session.cluster(state.cluster, caller)).delete(pathOf(state));
    return undefined;
  },

  async importState({ id, session, ...caller }) {
    const { cluster: key, name } = parseImportId(id);
    const slash = name.lastIndexOf("/");
    if (slash < 1) return badImportId(id, "cluster:mount/username");
    const target = { mount: name.slice(0, slash), username: name.slice(slash + 1), token_policies: null };
    const cluster = await session.cluster(key, caller);
    const found = await find(cluster, target);
    if (found === undefined) {
      const detail = `Cluster "${cluster.name}" has no user "${target.username}" at "${target.mount}/".`;
      return { diagnostics: [errorDiagnostic("No such user", detail)] };
    }
    return { state: { cluster: key, password_wo: null, password_wo_version: 1, ...target, ...found, id } };
  },
});
