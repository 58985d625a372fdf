import { readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { hostname } from "node:os";
import type { ErrorObject } from "ajv";
import { parseDurationSeconds } from "../sdk/duration";
import type { LogLevel } from "../sdk/logger";
import { type Configuration, ConfigurationError, type StaticSeal, type TcpListener } from "./configuration";
import { optionTable } from "./options";
import { configurationSchema } from "./schema";

/** A parsed file before it is checked: what JSON or HCL said. */
export type RawConfiguration = { readonly [key: string]: unknown };

type Options = { readonly [name: string]: string | number | boolean | undefined };

/** Checks what the files said and makes a `Configuration` of it. @param source file name(s), for messages */
export async function settleConfiguration(raw: RawConfiguration, source: string): Promise<Configuration> {
  const shaped = shapeBlocks(raw, source);
  await validate(shaped, source);
  const listeners = (shaped.listener as { tcp: RawConfiguration }[]).map((block) => settleListener(block.tcp, source));
  const first = listeners[0];
  if (first === undefined)
    throw new ConfigurationError(`${source}: no listener; add listener "tcp" { address = "..." }`);
  const scheme = first.tls === undefined ? "http" : "https";
  const general = shaped as Options;
  const replication = (shaped.replication ?? {}) as Options;
  const telemetry = (shaped.telemetry ?? {}) as Options;
  return {
    listeners,
    storage: settleStorage(shaped.storage as Record<string, Options>, source),
    seal: settleSeal((shaped.seal ?? { shamir: {} }) as Record<string, Options>, source),
    apiAddress: settleUrl(general, "api_addr", source) ?? `${scheme}://${hostPort(first.host, first.port)}`,
    clusterAddress:
      settleUrl(general, "cluster_addr", source) ?? `https://${hostPort(first.clusterHost, first.clusterPort)}`,
    guessedAddresses: guessedAddresses(general, first),
    clusterName: text(general, "cluster_name"),
    nodeId: text(general, "node_id") ?? hostname(),
    logLevel: (text(general, "log_level") ?? "info") as LogLevel,
    defaultLeaseTtlSeconds: seconds(general, "default_lease_ttl"),
    maxLeaseTtlSeconds: seconds(general, "max_lease_ttl"),
    pidFile: text(general, "pid_file"),
    unauthenticatedAccess: (shaped.enable_unauthenticated_access ?? []) as readonly string[],
    replication: {
      consistencyWaitSeconds: consistencyWaitSeconds(replication),
      drClientRequests: (text(replication, "dr_client_requests") ?? "forward") as "forward" | "refuse",
      logRetentionBytes: size(replication, "log_retention_size", "replication."),
      logRetentionSeconds: positiveSeconds(replication, "log_retention_time", "replication."),
      secondaryWindowBytes: positive(replication, "secondary_window_size", "replication."),
      catchUpConcurrency: positive(replication, "catch_up_concurrency", "replication."),
      synchronousDr: (text(replication, "sync_dr") ?? "off") as "off" | "block" | "degrade",
      synchronousDrTimeoutSeconds: withinRequest(
        positiveSeconds(replication, "sync_dr_timeout", "replication."),
        "sync_dr_timeout",
      ),
      fencing: (text(replication, "fencing") ?? "lease") as "lease" | "off",
      fencingLeaseSeconds: positiveSeconds(replication, "fencing_lease", "replication."),
    },
    telemetry: { servesPrometheus: seconds(telemetry, "prometheus_retention_time", "telemetry.") > 0 },
  };
}

/** `{tcp: {}}` and `[{tcp: {}}]` both; `backend` is an old name of `storage`; storage and seal may be lists of one. */
function shapeBlocks(raw: RawConfiguration, source: string): RawConfiguration {
  const { backend, ...rest } = raw;
  const shaped: Record<string, unknown> = { ...rest };
  if (backend !== undefined) shaped.storage = shaped.storage ?? backend;
  if (shaped.listener !== undefined && !Array.isArray(shaped.listener)) shaped.listener = [shaped.listener];
  if (Array.isArray(shaped.listener)) shaped.listener = shaped.listener.map((block) => shapeListener(block, source));
  for (const block of ["storage", "seal", "replication", "telemetry"]) {
    if (Array.isArray(shaped[block])) shaped[block] = onlyOne(shaped[block], block, source);
  }
  return shaped;
}

/** `telemetry` within a listener may be a list of one too. */
function shapeListener(block: unknown, source: string): unknown {
  const tcp = isObject(block) ? block.tcp : undefined;
  if (!isObject(tcp) || !Array.isArray(tcp.telemetry)) return block;
  return { tcp: { ...tcp, telemetry: onlyOne(tcp.telemetry, "listener.tcp.telemetry", source) } };
}

function onlyOne(values: readonly unknown[], block: string, source: string): unknown {
  if (values.length === 1) return values[0];
  throw new ConfigurationError(`${source}: ${block} is given ${values.length} times, once is allowed`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function validate(shaped: RawConfiguration, source: string): Promise<void> {
  // ajv: the JSON Schema validator of the field; loaded here only, since a running server never validates again.
  const { Ajv } = await import("ajv");
  // That our schema is one is checked by the tests: at every start it would cost more than all other checks together.
  const check = new Ajv({ allErrors: true, meta: false, validateSchema: false, strict: false }).compile(
    configurationSchema(),
  );
  if (check(shaped)) return;
  const lines = [
    ...new Set((check.errors ?? []).filter((error) => error.keyword !== "anyOf").map((error) => explain(error))),
  ];
  throw new ConfigurationError(
    lines
      .slice(0, 10)
      .map((line) => `${source}: ${line}`)
      .join("\n"),
  );
}

/** Names the key and what is allowed there; the value itself is never repeated, it might be a secret. */
function explain(error: ErrorObject): string {
  const key = error.instancePath.slice(1).replaceAll("/", ".") || "the file";
  switch (error.keyword) {
    case "additionalProperties":
      return `unknown key "${join(key, String(error.params.additionalProperty))}"; allowed: ${allowedAt(key)}`;
    case "required":
      return `missing "${join(key, String(error.params.missingProperty))}"`;
    case "enum":
      return `"${key}" must be one of ${(error.params.allowedValues as unknown[]).map(String).join(", ")}`;
    case "type":
      return `"${key}" must be of type ${String(error.params.type)}`;
    case "pattern":
      return `"${key}" must be a number or a text like "90s", "1h30m" (durations) or digits (sizes)`;
    default:
      return `"${key}" ${error.message ?? "is not valid"}`;
  }
}

function join(key: string, name: string): string {
  return key === "the file" ? name : `${key}.${name}`;
}

function allowedAt(key: string): string {
  const prefix = key === "the file" ? "" : `${key.replace(/\.\d+(?=\.|$)/, "")}.`;
  const names = optionTable
    .filter((row) => row.path.startsWith(prefix))
    .map((row) => row.path.slice(prefix.length).split(".")[0]);
  return names.length === 0 ? "nothing" : [...new Set(names)].join(", ");
}

function settleListener(block: RawConfiguration, source: string): TcpListener {
  const options = block as Options;
  const telemetry = (block.telemetry ?? {}) as Options;
  const api = address(text(options, "address") ?? "127.0.0.1:8200", "listener.tcp.address", source);
  const clusterText = text(options, "cluster_address");
  const cluster =
    clusterText === undefined
      ? { host: api.host, port: api.port + 1 }
      : address(clusterText, "listener.tcp.cluster_address", source);
  return {
    ...api,
    clusterHost: cluster.host,
    clusterPort: cluster.port,
    tls: settleTls(options, source),
    requestBytesMax: size(options, "max_request_size", "listener.tcp."),
    unauthenticatedMetricsAccess: flag(telemetry, "unauthenticated_metrics_access"),
  };
}

function settleTls(options: Options, source: string): TcpListener["tls"] {
  const certificateFile = text(options, "tls_cert_file");
  const keyFile = text(options, "tls_key_file");
  if (flag(options, "tls_disable")) return undefined;
  if (certificateFile === undefined || keyFile === undefined) {
    throw new ConfigurationError(
      `${source}: listener.tcp needs tls_cert_file and tls_key_file, or tls_disable = true to serve plain HTTP`,
    );
  }
  return { certificateFile, keyFile, minVersion: text(options, "tls_min_version") === "tls13" ? "TLSv1.3" : "TLSv1.2" };
}

function settleStorage(block: Record<string, Options>, source: string): Configuration["storage"] {
  if (block.inmem !== undefined) return { engine: "inmem" };
  const path = text(block.lmdb ?? {}, "path");
  if (path === undefined || path === "")
    throw new ConfigurationError(`${source}: storage.lmdb.path is missing: name the data directory`);
  return { engine: "lmdb", path };
}

function settleSeal(block: Record<string, Options>, source: string): Configuration["seal"] {
  const options = block.static;
  if (options === undefined) return { kind: "shamir" };
  const seal: StaticSeal = {
    kind: "static",
    currentKeyId: requiredText(options, "current_key_id", source),
    currentKey: sealKey(requiredText(options, "current_key", source), "seal.static.current_key", source),
    previous: undefined,
  };
  const previousKey = text(options, "previous_key");
  if (previousKey === undefined) return seal;
  const keyId = requiredText(options, "previous_key_id", source);
  return { ...seal, previous: { keyId, key: sealKey(previousKey, "seal.static.previous_key", source) } };
}

function requiredText(options: Options, name: string, source: string): string {
  const value = text(options, name);
  if (value === undefined || value === "") throw new ConfigurationError(`${source}: seal.static.${name} is missing`);
  return value;
}

function sealKey(value: string, key: string, source: string): Buffer {
  const decoded = Buffer.from(readIndirect(value, key, source).trim(), "base64");
  if (decoded.length !== 32) {
    throw new ConfigurationError(
      `${source}: ${key} must be 32 bytes in base64 (or file:///path, env://NAME), it has ${decoded.length} bytes`,
    );
  }
  return decoded;
}

function readIndirect(value: string, key: string, source: string): string {
  if (value.startsWith("env://")) return process.env[value.slice(6)] ?? "";
  if (!value.startsWith("file://")) return value;
  try {
    return readFileSync(value.slice(7), "utf8");
  } catch (error) {
    throw new ConfigurationError(
      `${source}: ${key}: cannot read ${value.slice(7)}: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`,
    );
  }
}

function address(value: string, key: string, source: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(value);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535)
    throw new ConfigurationError(`${source}: ${key} "${value}" is not HOST:PORT with a port up to 65535`);
  return { host: match[1] ?? (match[2] === "" ? "0.0.0.0" : (match[2] ?? "")), port };
}

function isEveryInterface(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function guessedAddresses(options: Options, { host, clusterHost }: TcpListener) {
  const hosts = [["api_addr", host] as const, ["cluster_addr", clusterHost] as const];
  return hosts.filter(([name, of]) => (options[name] ?? "") === "" && isEveryInterface(of)).map(([name]) => name);
}

function hostPort(host: string, port: number): string {
  const reachable = isEveryInterface(host) ? "127.0.0.1" : host;
  return `${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}

function settleUrl(options: Options, name: string, source: string): string | undefined {
  const value = text(options, name);
  if (value === undefined || value === "") return undefined;
  if (!/^https?:\/\/[^\s/?#]+$/.test(value))
    throw new ConfigurationError(`${source}: ${name} "${value}" must be a URL like https://host:8200`);
  return value;
}

function text(options: Options, name: string): string | undefined {
  const value = options[name];
  return value === undefined ? undefined : String(value);
}

function flag(options: Options, name: string): boolean {
  return ["true", "1"].includes(String(options[name] ?? "false"));
}

function defaultOf(path: string): string | number {
  const value = optionTable.find((row) => row.path === path)?.default;
  if (typeof value !== "string" && typeof value !== "number") throw new Error(`option ${path} has no default`);
  return value;
}

/** A request is given up after 90 seconds, whatever it waits for. */
const WAIT_SECONDS_MAX = 60;

function consistencyWaitSeconds(replication: Options): number {
  const { consistency_wait: own, best_effort_wal_wait_duration: vaults } = replication;
  const given = own ?? vaults;
  const options = given === undefined ? {} : { consistency_wait: given };
  return withinRequest(seconds(options, "consistency_wait", "replication."), "consistency_wait");
}

function withinRequest(waitSeconds: number, name: string): number {
  if (waitSeconds <= WAIT_SECONDS_MAX) return waitSeconds;
  throw new ConfigurationError(`replication.${name} must be at most ${WAIT_SECONDS_MAX} seconds`);
}

function positiveSeconds(options: Options, name: string, prefix = ""): number {
  const value = seconds(options, name, prefix);
  if (value >= 1) return value;
  throw new ConfigurationError(`${prefix}${name} must be at least 1 second`);
}

function seconds(options: Options, name: string, prefix = ""): number {
  const value = options[name] ?? defaultOf(prefix + name);
  return parseDurationSeconds(value as string | number) ?? 0;
}

/** @throws ConfigurationError for what would bring replication to a halt */
function positive(options: Options, name: string, prefix: string): number {
  const value = size(options, name, prefix);
  if (value >= 1) return value;
  throw new ConfigurationError(`${prefix}${name} must be 1 or more`);
}

function size(options: Options, name: string, prefix: string): number {
  return Number(options[name] ?? defaultOf(prefix + name));
}
