import { hostname } from "node:os";
import type { Lifecycle } from "../lifecycle/lifecycle";
import type { MetricsReport, SystemPorts } from "../mounts/system/context";
import { ServerError } from "../sdk/errors";
import { RawJson } from "../sdk/json";
import type { MountTable } from "../sdk/mounts";
import type { ResponseData } from "../sdk/outcome";
import { intervalReport } from "../services/metrics/interval-report";
import { PROMETHEUS_CONTENT_TYPE, prometheusText } from "../services/metrics/prometheus-text";
import type { Environment } from "./environment";
import type { Services } from "./services";

/** What sys/ reaches: the seal always, everything else while unsealed. Rows are getters, so each use meets the present. */
export function systemPorts(
  environment: Environment,
  mounts: () => MountTable,
  lifecycle: () => Lifecycle,
  current: () => Services | undefined,
  openApi: () => string,
): SystemPorts {
  const services = (): Services => {
    const found = current();
    if (found === undefined) throw new ServerError("sealed");
    return found;
  };
  return {
    get seal() {
      return lifecycle();
    },
    get mounts() {
      return mounts();
    },
    get policies() {
      return services().policies;
    },
    get access() {
      return services().policies;
    },
    get tokens() {
      return services().tokens;
    },
    get audit() {
      return services().audit;
    },
    get leases() {
      return services().leases;
    },
    get wrapping() {
      return services().wrapping;
    },
    get keyring() {
      return services().core.barrier;
    },
    get rootTokens() {
      return services().rootTokens;
    },
    metrics: metricsReport(environment),
    get replication() {
      return services().replication;
    },
    get log() {
      return services().core.log;
    },
    replicationHealth: () => services().replication.healthFacts(),
    node: {
      apiAddress: environment.configuration.apiAddress,
      clusterAddress: environment.configuration.clusterAddress,
      hostname: hostname(),
    },
    configuration: () => sanitizedConfiguration(environment),
    openApi: () => new RawJson(openApi()),
  };
}

function metricsReport({ metrics, clock, configuration }: Environment): MetricsReport {
  return {
    prometheusContentType: PROMETHEUS_CONTENT_TYPE,
    prometheusText: () => (configuration.telemetry.servesPrometheus ? prometheusText(metrics) : undefined),
    intervalReport: () => intervalReport(metrics, clock.nowMilliseconds()),
  };
}

/** sys/config/state/sanitized: what is in use, without a secret. */
function sanitizedConfiguration({ configuration }: Environment): ResponseData {
  return {
    api_addr: configuration.apiAddress,
    cluster_addr: configuration.clusterAddress,
    cluster_name: configuration.clusterName ?? "",
    default_lease_ttl: configuration.defaultLeaseTtlSeconds,
    max_lease_ttl: configuration.maxLeaseTtlSeconds,
    log_level: configuration.logLevel,
    listeners: configuration.listeners.map(({ host, port, tls }) => ({
      type: "tcp",
      config: { address: `${host}:${port}`, tls_disable: tls === undefined },
    })),
    seals: [{ type: configuration.seal.kind, disabled: false }],
    storage: { type: configuration.storage.engine },
  };
}
