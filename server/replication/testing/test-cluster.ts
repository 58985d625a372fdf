import { once } from "node:events";
import { shamirSeal } from "../../barrier/seal/shamir";
import { staticSeal } from "../../barrier/seal/static";
import type { UnsealedCore } from "../../sdk/barrier";
import { systemClock } from "../../sdk/clock";
import type { WriteMeanings } from "../../sdk/divergence";
import { ServerError } from "../../sdk/errors";
import { stringifyJson } from "../../sdk/json";
import { JsonReader } from "../../sdk/json-reader";
import type { KeyClass } from "../../sdk/log";
import type { Logger } from "../../sdk/logger";
import type { Metrics } from "../../sdk/metrics";
import type { WrapInfo } from "../../sdk/outcome";
import { systemRandom } from "../../sdk/random";
import type { ForwardedAnswer, ForwardedRequest } from "../../sdk/replication";
import { noMetrics } from "../../sdk/testing/no-metrics";
import type { Transport } from "../../sdk/transport";
import type { WrappingPort } from "../../sdk/wrapping";
import { ceremonyWithoutShareHolders } from "../../services/ceremony/testing/no-share-holders";
import { ActivationWrapping, type ApiClient } from "../role/activation";
import { ActivationRefusals } from "../role/activation-refusals";
import type { Certificates } from "../role/certificates";
import type { ReplicationSettings } from "../role/dependencies";
import { ReplicationService } from "../role/replication-service";
import { ReplicationStore } from "../role/replication-store";
import { DEFAULT_STREAM_LIMITS, type StreamLimits } from "../stream/limits";

export { shamirSeal, staticSeal };

/** What one cluster's services are, as far as replication needs any: raw keys instead of engines. */
export interface TestClusterOptions {
  readonly name: string;
  readonly transport: Transport;
  readonly certificates: Certificates;
  readonly api: ApiClient;
  readonly clusterPort: number;
  readonly limits?: Partial<StreamLimits>;
  readonly logLines?: string[];
  readonly fencing?: ReplicationSettings["fencing"];
  readonly metrics?: Metrics;
  readonly settings?: Partial<ReplicationSettings>;
  readonly meanings?: WriteMeanings | undefined;
}

export const FAST_LIMITS: StreamLimits = { ...DEFAULT_STREAM_LIMITS, heartbeatMilliseconds: 40 };

/** Lines are `name level message {facts}`. */
export function loggerTo(lines: string[], name: string): Logger {
  return {
    log: (level, message, facts) => void lines.push(`${name} ${level} ${message} ${JSON.stringify(facts ?? {})}`),
    named: () => loggerTo(lines, name),
  };
}

/** Opens replication on a core, with services of the simplest kind. */
export async function openTestReplication(
  core: UnsealedCore,
  options: TestClusterOptions,
): Promise<{ readonly replication: ReplicationService; readonly wrapping: WrappingPort }> {
  const store = new ReplicationStore(core.barrier);
  const logger = loggerTo(options.logLines ?? [], options.name);
  const refusals = new ActivationRefusals(systemClock, logger, options.metrics ?? noMetrics);
  const signingKey = () => store.readSigningKey();
  const wrapping = new ActivationWrapping(new BarrierWrapping(core), signingKey, systemClock, refusals);
  const replication = await ReplicationService.open({
    core,
    transport: options.transport,
    certificates: options.certificates,
    api: options.api,
    clock: systemClock,
    random: systemRandom,
    logger,
    metrics: options.metrics ?? noMetrics,
    wrapping,
    mountPathOf: (mountId) => mountPath(core, mountId),
    forwarded: (request, signal, allowsMount) => runForwarded(core, request, signal, allowsMount),
    runPrimaryCall: async (mountId, name, payload) =>
      new Map([...payload, ["mount", mountId], ["call", name], ["ran", options.name]]),
    ceremony: ceremonyWithoutShareHolders,
    checkOperationToken: async (token) => token.toString() === "dr-token",
    ...(options.meanings === undefined ? {} : { meanings: options.meanings }),
    roleChanged: () => undefined,
    settings: {
      apiAddress: `https://${options.name}:8200`,
      clusterAddress: `https://127.0.0.1:${options.clusterPort}`,
      listenHost: "127.0.0.1",
      listenPort: options.clusterPort,
      drClientRequests: "forward",
      consistencyWaitMilliseconds: 2_000,
      drainMilliseconds: 5_000,
      fencing: options.fencing ?? { mode: "lease", leaseMilliseconds: 30_000 },
      stream: { ...FAST_LIMITS, ...options.limits },
      ...options.settings,
    },
  });
  return { replication, wrapping };
}

/** Mount entries of the tests are `{"path": ...}`. */
async function mountPath(core: UnsealedCore, mountId: string): Promise<string | undefined> {
  const entry = await core.barrier.view("mounts/", "replicated").get(mountId);
  return entry === undefined ? undefined : JsonReader.parse(entry.value).text("path");
}

export async function putMount(core: UnsealedCore, mountId: string, path: string): Promise<void> {
  const view = core.barrier.view("mounts/", "replicated");
  await view.commit([view.put(mountId, Buffer.from(stringifyJson({ path })))]);
}

export async function putKey(
  core: UnsealedCore,
  key: string,
  value: string,
  keyClass: KeyClass = "replicated",
): Promise<number> {
  const view = core.barrier.view("", keyClass);
  return (await view.commit([view.put(key, Buffer.from(value))])).index;
}

export async function getKey(
  core: UnsealedCore,
  key: string,
  keyClass: KeyClass = "replicated",
): Promise<string | undefined> {
  return (await core.barrier.view("", keyClass).get(key))?.value.toString();
}

/**
 * A forwarded request writes its body under its path and says who asked; `reach/<path>`: whether a mount is let through;
 * `wait/<key>`: waits until nobody waits for the answer any more, and notes that under the key.
 */
async function runForwarded(
  core: UnsealedCore,
  request: ForwardedRequest,
  signal: AbortSignal,
  allowsMount: (mountPath: string) => boolean,
): Promise<ForwardedAnswer> {
  if (request.path === "fail") throw new ServerError("permission_denied");
  if (request.path.startsWith("reach/")) {
    const body = Buffer.from(String(allowsMount(request.path.slice("reach/".length))));
    return { status: 200, headers: [], body, index: 0 };
  }
  if (request.path === "sys/capabilities") {
    return { status: 403, headers: [], body: Buffer.alloc(0), index: 0, beyondReach: request.path };
  }
  if (request.path.startsWith("wait/")) {
    if (!signal.aborted) await once(signal, "abort");
    const index = await putKey(core, request.path.slice("wait/".length), "left");
    return { status: 200, headers: [], body: Buffer.alloc(0), index };
  }
  const index = await putKey(core, request.path, request.body.toString());
  const caller = request.caller.kind === "facts" ? request.caller.facts.displayName : String(request.caller.token);
  return { status: 200, headers: [["X-Test", "yes"]], body: Buffer.from(`by ${caller}`), index };
}

/** Wrapping tokens in the barrier, so that they survive a restart and go to a DR secondary. */
class BarrierWrapping implements WrappingPort {
  constructor(private readonly core: UnsealedCore) {}

  async wrap(body: Buffer, ttlSeconds: number, creationPath: string): Promise<WrapInfo> {
    const token = `hvs.${systemRandom.base62(24)}`;
    await this.view().commit([this.view().put(token, body)]);
    const creationTimeMilliseconds = systemClock.nowMilliseconds();
    return { token, accessor: systemRandom.base62(24), ttlSeconds, creationTimeMilliseconds, creationPath };
  }

  async unwrap(token: string): Promise<{ readonly body: Buffer }> {
    const found = await this.view().get(token);
    if (found === undefined) throw new ServerError("invalid_request", "wrapping token is not valid or does not exist");
    await this.view().commit([this.view().delete(token, { ifRevision: found.revision })]);
    return { body: found.value };
  }

  lookup(): Promise<never> {
    return Promise.reject(new ServerError("invalid_request"));
  }

  rewrap(): Promise<never> {
    return Promise.reject(new ServerError("invalid_request"));
  }

  private view() {
    return this.core.barrier.view("core/test-wrapping/", "local");
  }
}
