import { type Lifecycle, openLifecycle } from "../lifecycle/lifecycle";
import { systemMount } from "../mounts/system";
import { Pipeline } from "../pipeline/index";
import type { PipelinePorts } from "../pipeline/ports";
import { Router } from "../router/router";
import type { UnsealedCore } from "../sdk/barrier";
import { ServerError } from "../sdk/errors";
import type { ReplicationPort } from "../sdk/replication";
import { slowStepTold } from "../sdk/slow-step";
import type { Storage } from "../sdk/storage";
import { ApiListeners } from "./api-listeners";
import { mountTypes, openStorage, sealKind } from "./engines";
import type { Environment } from "./environment";
import { makeInitialContent } from "./initial-content";
import { lateBound } from "./late-bound";
import { meteredStorage } from "./metered-storage";
import { watchNode } from "./node-metrics";
import { openApiText } from "./open-api-text";
import { Services } from "./services";
import { systemPorts } from "./system-ports";

const DRAIN_MILLISECONDS = 10_000;

export interface ServerOptions {
  readonly environment: Environment;
  /** Text of the root token that initialisation makes (dev mode). */
  readonly rootTokenId?: string | undefined;
}

const sealed = (): Promise<never> => Promise.reject(new ServerError("sealed"));

/** A sealed node has no role that anybody could rely on. */
const sealedReplication: ReplicationPort = {
  state: () => ({ performance: "disabled", dr: "disabled" }),
  drClientRequests: () => "refuse",
  lastIndex: () => 0,
  forward: sealed,
  callPrimary: sealed,
  waitUntilApplied: sealed,
  standing: () => "absent",
  numbering: () => ({ number: 0, clusterId: "" }),
  origin: () => "",
  sharedIndex: () => 0,
  calledIndex: () => undefined,
  confirmDurable: () => undefined,
};

/** A node: storage, lifecycle, router, listeners; and while it is unsealed, its services. */
export class Server {
  private services: Services | undefined;
  private readonly router: Router;
  private readonly sealedPipeline: Pipeline;
  private readonly listeners: ApiListeners;
  private opened: { readonly storage: Storage; readonly lifecycle: Lifecycle } | undefined;

  private constructor(private readonly options: ServerOptions) {
    const { environment } = options;
    const { clock, random, logger, configuration } = environment;
    const current = (): Services | undefined => this.services;
    const replication = lateBound<ReplicationPort>(() => this.services?.replication);
    const system = systemPorts(
      environment,
      () => this.router,
      () => this.lifecycle,
      current,
      openApiText,
    );
    this.router = new Router({
      types: mountTypes(lateBound(() => this.services?.tokens)),
      system: systemMount(system, configuration.unauthenticatedAccess),
      clock,
      random,
      logger: logger.named("mounts"),
      replication,
      leaseLimits: configuration,
    });
    this.sealedPipeline = new Pipeline(this.sealedPorts());
    this.listeners = new ApiListeners({
      listeners: configuration.listeners,
      clock,
      logger: logger.named("listener"),
      handler: (request, opens) => (this.services?.pipeline ?? this.sealedPipeline).handle(request, opens),
    });
  }

  /** Opens the storage, unseals where the seal can do that alone, and serves. @throws Error naming what is wrong */
  static async start(options: ServerOptions): Promise<Server> {
    const server = new Server(options);
    try {
      await server.open();
      watchNode(options.environment.metrics, {
        isSealed: () => server.lifecycle.isSealed(),
        inFlightRequests: () => (server.services?.pipeline ?? server.sealedPipeline).inFlight,
      });
      await server.listeners.open();
      return server;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      await slowStepTold(options.environment, `stop, since the start failed: ${reason}`, () => server.stop());
      throw error;
    }
  }

  get lifecycle(): Lifecycle {
    if (this.opened === undefined) throw new Error("the storage is not open");
    return this.opened.lifecycle;
  }

  /** Mounts a KV engine, version 2, for dev mode. */
  async enableKv(path: string): Promise<void> {
    await this.router.enable({ kind: "secret", path, type: "kv", options: new Map([["version", "2"]]) });
  }

  /** Reads TLS files and opens audit files again. */
  async reload(): Promise<void> {
    this.listeners.reload();
    await this.services?.audit.reopen();
  }

  /** Finishes requests under way, then closes everything. */
  async stop(): Promise<void> {
    await this.listeners.stop(DRAIN_MILLISECONDS);
    await this.opened?.lifecycle.close();
    await this.opened?.storage.close();
  }

  private async open(): Promise<void> {
    const { environment, rootTokenId } = this.options;
    const { configuration, clock, random, logger, metrics } = environment;
    const opening = slowStepTold(environment, "open the storage", () => openStorage(configuration.storage));
    const storage = meteredStorage(await opening, metrics, clock);
    try {
      const lifecycle = await openLifecycle({
        storage,
        clock,
        random,
        logger: logger.named("lifecycle"),
        clusterName: configuration.clusterName,
        retentionBytes: configuration.replication.logRetentionBytes,
        retentionMilliseconds: configuration.replication.logRetentionSeconds * 1000,
        sealKind: sealKind(configuration.seal, random),
        version: environment.version,
        buildDate: environment.buildDate,
        storageType: configuration.storage.engine,
        hooks: {
          onInitialized: (core) => makeInitialContent(core, { clock, random, logger, rootTokenId }),
          onUnsealed: (core) => this.openServices(core),
        },
      });
      this.opened = { storage, lifecycle };
      await lifecycle.autoUnseal();
    } catch (error) {
      if (this.opened === undefined) await storage.close();
      throw error;
    }
  }

  private async openServices(core: UnsealedCore): Promise<() => Promise<void>> {
    const services = await Services.open(core, this.router, this.lifecycle, this.options.environment);
    this.services = services;
    await this.plantRootToken(services);
    return async () => {
      this.services = undefined;
      await services.close();
      this.options.environment.logger.log("info", "sealed");
    };
  }

  /** A dev server that becomes a performance secondary would have no token that opens it: its own were replaced with its data. */
  private async plantRootToken({ replication, tokens }: Services): Promise<void> {
    const { rootTokenId } = this.options;
    if (rootTokenId === undefined || replication.state().performance !== "secondary") return;
    try {
      if ((await tokens.findLive(rootTokenId)) === undefined) await tokens.createRootToken(rootTokenId);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.options.environment.logger.log("warn", "the root token of dev mode could not be made", { reason });
    }
  }

  /** While sealed only the stages before the services run; a service that is reached all the same says `sealed`. */
  private sealedPorts(): PipelinePorts {
    const { clock, random, logger, metrics } = this.options.environment;
    const none = (): undefined => undefined;
    return {
      router: this.router,
      seal: { isSealed: () => true },
      replication: sealedReplication,
      tokens: lateBound<PipelinePorts["tokens"]>(none),
      access: lateBound<PipelinePorts["access"]>(none),
      audit: { request: none, response: none },
      leases: lateBound<PipelinePorts["leases"]>(none),
      wrapping: lateBound<PipelinePorts["wrapping"]>(none),
      indexHeader: lateBound<PipelinePorts["indexHeader"]>(none),
      clock,
      random,
      logger: logger.named("request"),
      metrics,
    };
  }
}
