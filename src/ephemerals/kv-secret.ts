import { integerAt } from "../client/json";
import { kvVersion, readSecret } from "../client/kv";
import { errorDiagnostic } from "../framework/diagnostics";
import { defineSchema } from "../framework/schema";
import { formatLosslessJson, type JsonValue, parseLosslessJson } from "../protocol/lossless-json";
import { clusterAttribute, mountPath } from "../resources/attributes";
import { ephemeralResource } from "../resources/kit";

const schema = defineSchema({
  description:
    "Reads a secret from a `kv` engine without storing it anywhere: for write-only attributes and provider blocks.",
  attributes: {
    cluster: clusterAttribute,
    mount: { type: "string", required: true, description: "Path of the engine.", validators: [mountPath] },
    name: { type: "string", required: true, description: "Path of the secret inside the engine." },
    version: {
      type: "integer",
      optional: true,
      description: "Version to read (version 2 engines); the present one if absent.",
    },
    data: {
      type: { map: "string" },
      computed: true,
      sensitive: true,
      description: "The data by key. What is not a text is given as JSON.",
    },
    data_json: {
      type: "string",
      computed: true,
      sensitive: true,
      description: "The whole data as JSON, digit for digit.",
    },
    found_version: {
      type: "integer",
      computed: true,
      description: "Number of the version that was read; null in a version 1 engine.",
    },
  },
});

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return value instanceof Map ? value.get(name) : undefined;
}

export const kvSecret = ephemeralResource({
  name: "meridian_kv_secret",
  schema,
  async open({ config, session, ...caller }) {
    const cluster = await session.cluster(config.cluster, caller);
    const version = await kvVersion(cluster, config.mount);
    const text = await readSecret(cluster, { mount: config.mount, name: config.name, version }, config.version);
    const outer = text === undefined ? undefined : member(parseLosslessJson(text), "data");
    const data = version === 2 ? member(outer, "data") : outer;
    if (!(data instanceof Map)) {
      const which = config.version === null ? "" : ` in version ${config.version}`;
      const detail = `Cluster "${cluster.name}" has no secret at "${config.mount}/${config.name}"${which}.`;
      return { diagnostics: [errorDiagnostic("No such secret", detail)] };
    }
    const texts = [...data].map(
      ([key, value]) => [key, typeof value === "string" ? value : formatLosslessJson(value)] as const,
    );
    const found = text === undefined ? undefined : integerAt(JSON.parse(text), "data", "metadata", "version");
    return {
      result: { ...config, data: new Map(texts), data_json: formatLosslessJson(data), found_version: found ?? null },
    };
  },
});
