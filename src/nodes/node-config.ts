import { pathToFileURL } from "node:url";
import { ConfigurationError } from "../client/errors";
import { nodeFiles } from "./node-files";
import { apiAddress, clusterAddress, hostPort, type NodeSettings } from "./node-settings";

/** Names the one key of a static seal that this provider makes. */
const SEAL_KEY_ID = "meridian-node";

type ConfigObject = { readonly [name: string]: unknown };

/** The server's configuration file, as text. It holds no secret: keys are named by their files. */
export function nodeConfig(settings: NodeSettings): string {
  const files = nodeFiles(settings.directory);
  const tcp = {
    address: hostPort(settings.address, settings.apiPort),
    cluster_address: hostPort(settings.address, settings.clusterPort),
    tls_cert_file: files.certificate,
    tls_key_file: files.certificateKey,
  };
  const config = {
    listener: [{ tcp }],
    storage: settings.storage === "inmem" ? { inmem: {} } : { lmdb: { path: files.data } },
    ...(settings.seal === "static" && { seal: sealBlock(files.sealKey) }),
    api_addr: apiAddress(settings),
    cluster_addr: clusterAddress(settings),
    cluster_name: settings.name,
    node_id: settings.name,
    log_level: settings.logLevel,
    pid_file: files.pid,
  };
  return `${JSON.stringify(merged(config, extraSettings(settings)), null, 2)}\n`;
}

function sealBlock(keyFile: string): ConfigObject {
  return { static: { current_key_id: SEAL_KEY_ID, current_key: pathToFileURL(keyFile).href } };
}

/** @throws ConfigurationError unless it is the text of a JSON object. */
function extraSettings({ name, settingsJson }: NodeSettings): ConfigObject {
  if (settingsJson === null) return {};
  const value = parsed(settingsJson);
  if (isObject(value)) return value;
  throw new ConfigurationError(
    `settings_json of node "${name}" is not a JSON object`,
    "Write it with jsonencode({ ... }).",
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is ConfigObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Objects are merged member by member; anything else is replaced. */
function merged(base: ConfigObject, over: ConfigObject): ConfigObject {
  const entries = Object.entries(over).map(([name, value]): [string, unknown] => {
    const below = Object.hasOwn(base, name) ? base[name] : undefined;
    return [name, isObject(below) && isObject(value) ? merged(below, value) : value];
  });
  return { ...base, ...Object.fromEntries(entries) };
}
