import type { ClusterClient } from "../client/cluster-client";
import { ApiError } from "../client/errors";
import { entriesAt } from "../client/json";
import {
  deleteSecret,
  findVersion,
  type KvPath,
  type KvVersion,
  kvVersion,
  newestVersion,
  writeSecret,
} from "../client/kv";
import { attributePath } from "../framework/attribute-path";
import { type Diagnostic, errorDiagnostic } from "../framework/diagnostics";
import type { KnownConfigModel, StateModel } from "../framework/model";
import { requiresReplace } from "../framework/plan-modifier";
import { defineSchema } from "../framework/schema";
import { matches } from "../framework/validator";
import { parseLosslessJson } from "../protocol/lossless-json";
import { UNKNOWN } from "../protocol/unknown";
import { clusterAttribute, idAttribute, mountPath, replacedName } from "./attributes";
import { badImportId, formatImportId, parseImportId } from "./import-id";
import { resource } from "./kit";
import { objectOf } from "./mapping";
import { keepIfUnavailable } from "./reading";

const schema = defineSchema({
  description:
    "A secret in a `kv` engine of version 1 or 2. The data is kept in neither plan nor state. With version 2 a version " +
    "that somebody else has written is noticed and, by the next apply, followed by a new one with this data.",
  attributes: {
    cluster: { ...clusterAttribute, planModifiers: [requiresReplace] },
    mount: {
      type: "string",
      required: true,
      description: "Path of the engine.",
      validators: [mountPath],
      planModifiers: [requiresReplace],
    },
    name: {
      ...replacedName,
      description: "Path of the secret inside the engine.",
      validators: [matches(/^[^/]+(\/[^/]+)*$/, "a path without a slash at its ends and without empty parts")],
    },
    data_wo: {
      type: { map: "string" },
      optional: true,
      sensitive: true,
      writeOnly: true,
      description: "The data, as texts by key. Exactly one of this and `data_json_wo`.",
    },
    data_json_wo: {
      type: "string",
      optional: true,
      sensitive: true,
      writeOnly: true,
      description: "The data, as the text of a JSON object. Its numbers reach the server digit for digit.",
    },
    data_wo_version: {
      type: "integer",
      optional: true,
      default: 1,
      description: "Raise it to write the data again: a changed secret alone cannot be seen.",
    },
    cas: {
      type: "bool",
      optional: true,
      default: false,
      description:
        "Check-and-set (version 2): fail rather than overwrite what somebody wrote since this resource did, or, when it " +
        "is created, a secret that exists already.",
    },
    delete_all_versions: {
      type: "bool",
      optional: true,
      default: false,
      description:
        "When destroyed, delete all versions for good. By default only the present version is deleted, and can be undeleted.",
    },
    id: idAttribute,
    version: {
      type: "integer",
      computed: true,
      nonNull: true,
      description: "Number of the version; 0 in a version 1 engine.",
    },
    created_time: { type: "string", computed: true, description: "When the version was written (RFC 3339)." },
  },
});

type State = StateModel<typeof schema>;
type Config = KnownConfigModel<typeof schema>;

const JSON_PATH = attributePath("data_json_wo");

/** The JSON text to send, and every secret in it. Its parts are named in no message. */
function payload(config: Config): { readonly json: string; readonly secrets: readonly string[] } {
  if (config.data_json_wo !== null) return { json: config.data_json_wo, secrets: [config.data_json_wo] };
  const data = config.data_wo ?? new Map<string, string>();
  return { json: JSON.stringify(objectOf(data)), secrets: [...data.values()] };
}

function jsonProblem(text: string): string | undefined {
  try {
    return parseLosslessJson(text) instanceof Map ? undefined : "It must be a JSON object.";
  } catch {
    return "It is not valid JSON.";
  }
}

async function locate(cluster: ClusterClient, state: Pick<State, "mount" | "name">): Promise<KvPath> {
  return { mount: state.mount, name: state.name, version: await kvVersion(cluster, state.mount) };
}

function conflict(error: unknown, path: KvPath, expected: number): readonly Diagnostic[] | undefined {
  const isConflict = error instanceof ApiError && error.status === 400 && /check-and-set/i.test(error.message);
  if (!isConflict) return undefined;
  const found = expected === 0 ? "it exists already" : `its version is no longer ${expected}`;
  const detail =
    `"${path.mount}/${path.name}" in cluster "${error.cluster}" was not written, because ${found}. ` +
    "Look at what is there; then import it, or apply again to write over it, or set cas = false.";
  return [errorDiagnostic("The secret was changed by somebody else", detail, attributePath("cas"))];
}

async function writeChecked(
  cluster: ClusterClient,
  path: KvPath,
  config: Config,
  expected: number | undefined,
): Promise<KvVersion | readonly Diagnostic[]> {
  const { json, secrets } = payload(config);
  try {
    return await writeSecret(cluster, path, json, expected, secrets);
  } catch (error) {
    const diagnostics = conflict(error, path, expected ?? 0);
    if (diagnostics === undefined) throw error;
    return diagnostics;
  }
}

function isDiagnostics(value: KvVersion | readonly Diagnostic[]): value is readonly Diagnostic[] {
  return Array.isArray(value);
}

/** The version that this resource wrote last stays in the private bytes: the state shows the one that is there. */
function privateOf(version: number): Buffer {
  return Buffer.from(String(version));
}

export const kvSecret = resource({
  name: "meridian_kv_secret",
  schema,

  validate({ config }) {
    const { data_wo: data, data_json_wo: json } = config;
    if ((data === null) === (json === null)) {
      return [
        errorDiagnostic(
          "Exactly one of data_wo and data_json_wo",
          "Give the data in one of the two ways.",
          attributePath("data_wo"),
        ),
      ];
    }
    const problem = typeof json === "string" ? jsonProblem(json) : undefined;
    return problem === undefined ? [] : [errorDiagnostic("data_json_wo is not a JSON object", problem, JSON_PATH)];
  },

  async create({ plan, config, session, ...caller }) {
    const cluster = await session.cluster(plan.cluster, caller);
    const path = await locate(cluster, plan);
    const expected = plan.cas && path.version === 2 ? await expectedAtCreation(cluster, path) : undefined;
    const written = await writeChecked(cluster, path, config, expected);
    if (isDiagnostics(written)) return { diagnostics: written };
    const id = formatImportId(plan.cluster, `${plan.mount}/${plan.name}`);
    const state = { ...plan, id, version: written.version, created_time: written.createdTime };
    return { state, private: privateOf(written.version) };
  },

  async read({ state, session, private: kept, ...caller }) {
    return keepIfUnavailable<State>(state, `Secret "${state.mount}/${state.name}"`, async () => {
      const cluster = await session.cluster(state.cluster, caller);
      const found = await findVersion(cluster, await locate(cluster, state));
      if (found === undefined) return { state: null };
      const bytes = kept.length === 0 ? { private: privateOf(found.version) } : {};
      return { state: { ...state, version: found.version, created_time: found.createdTime }, ...bytes };
    });
  },

  async update({ plan, state, config, session, private: kept, ...caller }) {
    const written = Number(kept.toString() || state.version);
    if (plan.data_wo_version === state.data_wo_version && written === state.version) {
      return { state: { ...plan, id: state.id, version: state.version, created_time: state.created_time } };
    }
    const cluster = await session.cluster(plan.cluster, caller);
    const path = await locate(cluster, plan);
    const expected = plan.cas && path.version === 2 ? state.version : undefined;
    const made = await writeChecked(cluster, path, config, expected);
    if (isDiagnostics(made)) return { diagnostics: made };
    const after = { ...plan, id: state.id, version: made.version, created_time: made.createdTime };
    return { state: after, private: privateOf(made.version) };
  },

  async delete({ state, session, ...caller }) {
    const cluster = await session.cluster(state.cluster, caller);
    await deleteSecret(cluster, await locate(cluster, state), state.delete_all_versions);
    return undefined;
  },

  async modifyPlan(change) {
    if (change.action !== "update") return undefined;
    const { state, plan, private: kept } = change;
    const rewritten = plan.data_wo_version !== state.data_wo_version;
    const drifted = kept.length > 0 && Number(kept.toString()) !== state.version;
    if (rewritten || drifted) return { set: { version: UNKNOWN, created_time: UNKNOWN } };
    return { set: { version: state.version, created_time: state.created_time } };
  },

  async importState({ id, session, ...caller }) {
    const { cluster: key, name } = parseImportId(id);
    const cluster = await session.cluster(key, caller);
    const split = await splitPath(cluster, name);
    if (split === undefined) return badImportId(id, "cluster:mount/path");
    const found = await findVersion(cluster, await locate(cluster, split));
    if (found === undefined) {
      return {
        diagnostics: [errorDiagnostic("No such secret", `Cluster "${cluster.name}" has no secret at "${name}".`)],
      };
    }
    const state = { cluster: key, ...split, data_wo_version: 1, id, version: found.version };
    return { state, private: privateOf(found.version) };
  },
});

/** A secret that was deleted, but whose versions exist, may be followed by a new one. */
async function expectedAtCreation(cluster: ClusterClient, path: KvPath): Promise<number> {
  return (await findVersion(cluster, path)) === undefined ? newestVersion(cluster, path) : 0;
}

/** The longest mount that the path begins with. */
async function splitPath(cluster: ClusterClient, path: string): Promise<{ mount: string; name: string } | undefined> {
  const mounts = [...entriesAt((await cluster.get("sys/mounts"))?.body, "data").keys()];
  const mount = mounts.filter((one) => path.startsWith(one)).sort((a, b) => b.length - a.length)[0];
  if (mount === undefined || path.length === mount.length) return undefined;
  return { mount: mount.slice(0, -1), name: path.slice(mount.length) };
}
