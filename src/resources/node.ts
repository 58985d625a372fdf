import { isAbsolute, resolve } from "node:path";
import type { Caller, MeridianSession } from "../client/session";
import { ensureUnsealed, sealState } from "../client/unseal";
import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../framework/diagnostics";
import type { ApplyingModel, PlanModel } from "../framework/model";
import { ensureNode, type LocalNode, type NodeWish, observeNode, removeNode } from "../nodes/local-node";
import { apiAddress, clusterAddress, urlOf } from "../nodes/node-settings";
import { credentialEntries } from "../operator/operator-document";
import { parseLosslessJson } from "../protocol/lossless-json";
import { isKnown, isUnknown, UNKNOWN } from "../protocol/unknown";
import { valuesEqual } from "../protocol/value-equality";
import { resource } from "./kit";
import { optionalSet } from "./mapping";
import { nodeSchema as schema } from "./node-schema";

type Applying = ApplyingModel<typeof schema>;
type Plan = PlanModel<typeof schema>;

/** What the process reads only at its start. */
const RESTARTING = [
  "address",
  "api_port",
  "cluster_port",
  "log_level",
  "tls_names",
  "settings_json",
  "server_executable",
] as const;

function wishOf(plan: Applying): NodeWish {
  return {
    name: plan.name,
    directory: resolve(plan.directory),
    address: plan.address,
    apiPort: isKnown(plan.api_port) ? plan.api_port : undefined,
    clusterPort: isKnown(plan.cluster_port) ? plan.cluster_port : undefined,
    storage: plan.storage,
    seal: plan.seal,
    logLevel: plan.log_level,
    tlsNames: plan.tls_names ?? [],
    settingsJson: plan.settings_json,
    serverExecutable: plan.server_executable,
  };
}

function factsOf({ settings, caCertPem, pid, asWished }: LocalNode) {
  return {
    api_port: settings.apiPort,
    cluster_port: settings.clusterPort,
    api_address: apiAddress(settings),
    cluster_address: clusterAddress(settings),
    ca_cert_pem: caCertPem,
    pid: pid ?? null,
    running: asWished,
  };
}

/** A process that was restarted is sealed: open it again, so that what follows in the same apply can use it. */
async function unsealAgain(session: MeridianSession, node: LocalNode, caller: Caller): Promise<readonly Diagnostic[]> {
  const { name } = node.settings;
  const endpoint = { cluster: name, address: apiAddress(node.settings), caCertPem: node.caCertPem };
  const client = session.anonymousAt(endpoint, caller);
  const state = await sealState(client);
  if (!state.initialized || !state.sealed) return [];
  const entries = credentialEntries(await session.operator.read(), name);
  if (state.type === "shamir" && !entries.some(({ keys }) => keys?.kind === "unseal")) {
    const detail = `It was started, and the operator file ${session.operator.path} has no shares under its name.`;
    return [warningDiagnostic(`Node "${name}" is sealed`, detail)];
  }
  await ensureUnsealed(session, client, caller);
  return [];
}

function isJsonObject(text: string): boolean {
  try {
    return parseLosslessJson(text) instanceof Map;
  } catch {
    return false;
  }
}

function plannedAddress(address: Plan["address"], port: Plan["api_port"]) {
  return isKnown(address) && isKnown(port) ? urlOf(address, port) : UNKNOWN;
}

export const node = resource({
  name: "meridian_node",
  schema,

  validate({ config }) {
    const { settings_json: text } = config;
    if (typeof text !== "string" || isJsonObject(text)) return [];
    return [errorDiagnostic("settings_json is not a JSON object", "Write it with jsonencode({ ... }).")];
  },

  async create({ plan, session, checkpoint, ...caller }) {
    checkpoint({ id: plan.name });
    const made = await ensureNode(wishOf(plan), new Date(session.nowMs()), caller);
    const diagnostics = await unsealAgain(session, made, caller);
    return { state: { ...plan, ...factsOf(made), id: plan.name }, diagnostics };
  },

  async read({ state, session }) {
    const found = await observeNode(resolve(state.directory), new Date(session.nowMs()));
    if (found === undefined) return { state: null };
    const { settings } = found;
    const configured = {
      address: settings.address,
      log_level: settings.logLevel,
      storage: settings.storage,
      seal: settings.seal,
      tls_names: optionalSet(settings.tlsNames, state.tls_names),
      settings_json: settings.settingsJson,
      server_executable: settings.serverExecutable,
    };
    return { state: { ...state, ...configured, ...factsOf(found) } };
  },

  async update({ plan, state, session, ...caller }) {
    const made = await ensureNode(wishOf(plan), new Date(session.nowMs()), caller);
    session.forget(plan.name);
    const diagnostics = await unsealAgain(session, made, caller);
    return { state: { ...plan, ...factsOf(made), id: state.id }, diagnostics };
  },

  async delete({ state, signal }) {
    await removeNode({ directory: resolve(state.directory), name: state.name }, state.delete_data, signal);
    return undefined;
  },

  async modifyPlan(change) {
    if (change.action === "delete") return undefined;
    const { plan } = change;
    const addresses = {
      api_address: plannedAddress(plan.address, plan.api_port),
      cluster_address: plannedAddress(plan.address, plan.cluster_port),
    };
    if (change.action === "create") return { set: { ...addresses, running: true } };
    const { state } = change;
    const restarts =
      !state.running || RESTARTING.some((name) => isUnknown(plan[name]) || !valuesEqual(plan[name], state[name]));
    return { set: { ...addresses, running: true, pid: restarts ? UNKNOWN : state.pid } };
  },

  async importState({ id, session }) {
    const found = isAbsolute(id) ? await observeNode(id, new Date(session.nowMs())) : undefined;
    if (found === undefined) {
      const detail = `"${id}" must be the absolute path of a node's directory, which holds its node.json.`;
      return { diagnostics: [errorDiagnostic("No such node", detail)] };
    }
    const { settings } = found;
    const state = {
      name: settings.name,
      directory: id,
      address: settings.address,
      storage: settings.storage,
      seal: settings.seal,
      log_level: settings.logLevel,
      tls_names: optionalSet(settings.tlsNames, null),
      settings_json: settings.settingsJson,
      server_executable: settings.serverExecutable,
      delete_data: false,
      id: settings.name,
      ...factsOf(found),
    };
    return { state };
  },
});
