import { clusterCertificates } from "../cluster/certificates";
import { http2Transport } from "../cluster/http2-transport";
import { forwardMetrics, timed } from "../replication/forward/forward-metrics";
import type { ReplicationDependencies } from "../replication/role/dependencies";
import { ReplicationService } from "../replication/role/replication-service";
import { DEFAULT_STREAM_LIMITS } from "../replication/stream/limits";
import { decodeMountEntry } from "../router/mount-entry";
import type { Router } from "../router/router";
import type { UnsealedCore } from "../sdk/barrier";
import { mountEntryKey } from "../sdk/key-layout";
import type { ForwardedHandler } from "../sdk/replication";
import { slowStepTold } from "../sdk/slow-step";
import type { WrappingPort } from "../sdk/wrapping";
import type { LeaseService } from "../services/lease/lease-service";
import type { PolicyService } from "../services/policy/policy-service";
import type { TokenService } from "../services/token/token-service";
import { activationApiClient } from "./activation-api-client";
import { mountTypes } from "./engines";
import type { Environment } from "./environment";
import { writeMeanings } from "./write-meanings";

const DRAIN_MILLISECONDS = 30_000;

export interface ReplicationParts {
  readonly core: UnsealedCore;
  readonly environment: Environment;
  readonly router: Router;
  readonly wrapping: WrappingPort;
  readonly tokens: TokenService;
  readonly policies: PolicyService;
  readonly leases: LeaseService;
  readonly ceremony: ReplicationDependencies["ceremony"];
  readonly roleChanged: ReplicationDependencies["roleChanged"];
  readonly forwarded: ForwardedHandler;
}

/** Opens replication with what only the composition root knows: transport, certificates, addresses, and other services. */
export function openReplication(parts: ReplicationParts): Promise<ReplicationService> {
  const { core, environment, router, tokens, policies } = parts;
  const { configuration, clock, random, logger } = environment;
  const [listener] = configuration.listeners;
  if (listener === undefined) throw new Error("there is no listener");
  const mounts = core.barrier.view("mounts/", "replicated");
  const dependencies: ReplicationDependencies = {
    core,
    transport: environment.transport ?? http2Transport,
    certificates: clusterCertificates(clock, random),
    api: activationApiClient(clock),
    clock,
    random,
    logger: logger.named("replication"),
    metrics: environment.metrics,
    wrapping: parts.wrapping,
    forwarded: (...request) => timed(environment, forwardMetrics.forwardingRequest, () => parts.forwarded(...request)),
    mountPathOf: async (mountId) => {
      const stored = await mounts.get(mountId);
      return stored === undefined ? undefined : decodeMountEntry(mountEntryKey(mountId), stored.value).path;
    },
    meanings: writeMeanings({ router, types: mountTypes(tokens), tokens, leases: parts.leases }),
    runPrimaryCall: (mountId, name, payload) => router.runPrimaryCall(mountId, name, payload),
    checkOperationToken: async (token, path) => {
      const facts = await tokens.authenticate(token, "");
      if (facts === undefined) return false;
      return policies.allows({ policies: facts.policies, operation: "update", path, needsSudo: false });
    },
    ceremony: parts.ceremony,
    roleChanged: parts.roleChanged,
    settings: {
      apiAddress: configuration.apiAddress,
      clusterAddress: configuration.clusterAddress,
      guessedAddresses: configuration.guessedAddresses,
      listenHost: listener.clusterHost,
      listenPort: listener.clusterPort,
      drClientRequests: configuration.replication.drClientRequests,
      consistencyWaitMilliseconds: configuration.replication.consistencyWaitSeconds * 1000,
      drainMilliseconds: DRAIN_MILLISECONDS,
      fencing: {
        mode: configuration.replication.fencing,
        leaseMilliseconds: configuration.replication.fencingLeaseSeconds * 1000,
      },
      synchronousDr: {
        mode: configuration.replication.synchronousDr,
        timeoutMilliseconds: configuration.replication.synchronousDrTimeoutSeconds * 1000,
      },
      stream: {
        ...DEFAULT_STREAM_LIMITS,
        windowBytes: configuration.replication.secondaryWindowBytes,
        catchUpConcurrency: configuration.replication.catchUpConcurrency,
      },
    },
  };
  return slowStepTold(environment, "take up replication", () => ReplicationService.open(dependencies));
}
