import type { HttpAnswer, HttpRequest } from "../../http/message";
import { Router } from "../../router/router";
import type { AuditTrail } from "../../sdk/audit";
import { ServerError } from "../../sdk/errors";
import type { Epoch, KeyClass } from "../../sdk/log";
import type { MountType } from "../../sdk/mount";
import type { AccessQuestion } from "../../sdk/policy";
import type {
  EpochIndex,
  ForwardedAnswer,
  ForwardedRequest,
  IndexStanding,
  ReplicationPort,
  ReplicationState,
} from "../../sdk/replication";
import { ManualClock } from "../../sdk/testing/manual-clock";
import { MemoryBarrier, memoryView } from "../../sdk/testing/memory-view";
import { noLogger } from "../../sdk/testing/no-logger";
import { seededRandom } from "../../sdk/testing/seeded-random";
import type { TokenFacts } from "../../sdk/token";
import { MetricsRegistry } from "../../services/metrics/metrics-registry";
import { Pipeline } from "../index";
import { IndexHeader } from "../index-header";

export function tokenFacts(policies: readonly string[], changes: Partial<TokenFacts> = {}): TokenFacts {
  return {
    idHash: "0".repeat(64),
    accessor: "accessor-1",
    type: "service",
    path: "auth/token/create",
    displayName: "token",
    policies,
    metadata: new Map(),
    entityId: "",
    orphan: true,
    renewable: false,
    numUsesLeft: 0,
    creationTimeSeconds: 0,
    expireTimeMilliseconds: undefined,
    boundCidrs: [],
    ...changes,
  };
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string;
  readonly body?: string;
}

export function httpRequest(method: string, target: string, options: RequestOptions = {}): HttpRequest {
  const headers = new Map(Object.entries(options.headers ?? {}));
  if (options.token !== undefined) headers.set("x-vault-token", options.token);
  return {
    method,
    target,
    versionMinor: 1,
    headers: {
      size: headers.size,
      get: (name) => headers.get(name),
      all: (name) => (headers.has(name) ? [headers.get(name) ?? ""] : []),
      entries: () => headers.entries(),
    },
    body: Buffer.from(options.body ?? "", "utf8"),
    connection: {
      remoteAddress: "127.0.0.1",
      remotePort: 40_000,
      localAddress: "127.0.0.1",
      localPort: 8200,
      secure: false,
      peerCertificateChain: () => [],
      signal: new AbortController().signal,
    },
  };
}

export interface FixtureOptions {
  readonly types?: readonly MountType[];
  /** Made once the router is there, since sys/ reaches it. */
  readonly system?: (fixture: PipelineFixture) => MountType;
}

/** A pipeline over the real router and a memory barrier; tokens, policies, replication and audit are switches. */
export class PipelineFixture {
  readonly barrier = new MemoryBarrier();
  readonly clock = new ManualClock();
  readonly metrics = new MetricsRegistry(this.clock);
  readonly random = seededRandom(7);
  readonly tokens = new Map<string, TokenFacts>([["root", tokenFacts(["root"])]]);
  /** What the policies are asked, in order. */
  readonly questions: AccessQuestion[] = [];
  allows: (question: AccessQuestion) => boolean = (question) => question.policies.includes("root");
  sealed = false;
  state: ReplicationState = { performance: "disabled", dr: "disabled" };
  drClientRequests: "forward" | "refuse" = "forward";
  readonly forwarded: ForwardedRequest[] = [];
  /** How this cluster stands to every index but its own. */
  standing: IndexStanding = "held";
  /** The epoch that forwarded requests run in. */
  epoch: Epoch = { number: 1, clusterId: "primary-1" };
  forwardAnswer: () => Promise<ForwardedAnswer> = () => Promise.reject(new ServerError("primary_unreachable"));
  /** What mounts have written at the primary. */
  called: EpochIndex | undefined;
  confirmDurable: (index: number) => Promise<void> | undefined = () => undefined;
  audit: AuditTrail = { request: () => undefined, response: () => undefined };
  readonly finished: TokenFacts[] = [];
  finishUse: (facts: TokenFacts) => Promise<void> = async (facts) => void this.finished.push(facts);
  readonly router: Router;
  readonly pipeline: Pipeline;
  readonly indexHeader: IndexHeader;

  constructor(options: FixtureOptions = {}) {
    const replication = this.replication();
    this.router = new Router({
      types: options.types ?? [],
      system: options.system?.(this) ?? noSystem,
      clock: this.clock,
      random: this.random,
      logger: noLogger,
      replication,
      leaseLimits: { defaultLeaseTtlSeconds: 2_764_800, maxLeaseTtlSeconds: 2_764_800 },
    });
    this.indexHeader = new IndexHeader(() => replication, this.random);
    this.pipeline = new Pipeline({
      router: this.router,
      seal: { isSealed: () => this.sealed },
      replication,
      tokens: {
        authenticate: (token) => this.tokens.get(token.toString()),
        issueLogin: () => Promise.reject(new Error("no logins in this fixture")),
        finishUse: (facts) => this.finishUse(facts),
      },
      access: {
        allows: (question) => {
          this.questions.push(question);
          return this.allows(question);
        },
        capabilities: () => Promise.resolve(["deny"]),
      },
      audit: {
        request: (request, error) => this.audit.request(request, error),
        response: (request, response) => this.audit.response(request, response),
      },
      leases: refusing,
      wrapping: {
        wrap: async (_body, ttlSeconds, creationPath) => ({
          token: "wrapping-token",
          accessor: "wrapping-accessor",
          ttlSeconds,
          creationTimeMilliseconds: this.clock.nowMilliseconds(),
          creationPath,
        }),
        unwrap: () => Promise.reject(new ServerError("invalid_request", "wrapping token is not valid")),
        lookup: () => Promise.reject(new ServerError("invalid_request", "wrapping token is not valid")),
        rewrap: () => Promise.reject(new ServerError("invalid_request", "wrapping token is not valid")),
      },
      indexHeader: this.indexHeader,
      clock: this.clock,
      random: this.random,
      metrics: this.metrics,
      logger: noLogger,
    });
  }

  /** Opens the mount table as an unseal does. */
  async open(): Promise<this> {
    await this.router.open({ view: (prefix, keyClass) => this.view(prefix, keyClass) });
    return this;
  }

  view(prefix: string, keyClass: KeyClass): ReturnType<typeof memoryView> {
    return memoryView(keyClass, prefix.replaceAll("/", ":"), this.barrier);
  }

  async ask(method: string, target: string, options: RequestOptions = {}): Promise<HttpAnswer> {
    return this.pipeline.handle(httpRequest(method, target, options));
  }

  private standingOf({ epoch, index }: EpochIndex): IndexStanding {
    if (epoch.clusterId === "cluster-1") return index <= this.barrier.index ? "held" : "awaited";
    return index === 0 ? "held" : this.standing;
  }

  private replication(): ReplicationPort {
    return {
      state: () => this.state,
      drClientRequests: () => this.drClientRequests,
      forward: async (_mode, request) => {
        this.forwarded.push(request);
        return { ...(await this.forwardAnswer()), epoch: this.epoch };
      },
      callPrimary: () => Promise.reject(new ServerError("primary_unreachable")),
      standing: (_mode, at) => this.standingOf(at),
      waitUntilApplied: async (_mode, at) => this.standingOf(at) === "held",
      numbering: (mode) =>
        mode === "performance" && this.state.performance === "secondary"
          ? this.epoch
          : { number: 0, clusterId: "cluster-1" },
      origin: () => "cluster-1",
      lastIndex: () => this.barrier.index,
      sharedIndex: () => this.barrier.index,
      calledIndex: () => this.called,
      confirmDurable: (index) => this.confirmDurable(index),
    };
  }
}

const noSystem: MountType = {
  type: "system",
  kind: "secret",
  description: "system",
  singleton: true,
  paths: () => [],
};

const refusing = {
  register: () => Promise.reject(new Error("no leases in this fixture")),
  lookup: () => Promise.resolve(undefined),
  renew: () => Promise.reject(new ServerError("invalid_request", "lease not found")),
  revoke: () => Promise.resolve(),
  revokePrefix: () => Promise.resolve(),
  listPrefix: () => Promise.resolve([]),
};

export function textOf(answer: HttpAnswer): string {
  return answer.body?.toString() ?? "";
}
