import { PipelineFixture, textOf, tokenFacts } from "../../../pipeline/testing/pipeline-fixture";
import type { AuditEnableRequest } from "../../../sdk/audit";
import { ServerError } from "../../../sdk/errors";
import type { MountContext, MountType } from "../../../sdk/mount";
import { type OperationName, pathsOf } from "../../../sdk/path";
import type { ReplicationHealth } from "../../../sdk/replication-admin";
import type { InitializeRequest, SealStatus } from "../../../sdk/seal";
import type { SystemPorts } from "../context";
import { systemMount } from "../index";

const declare = pathsOf<MountContext>();

/** An engine and a method with one readable path. */
export const plainEngine: MountType = {
  type: "kv",
  kind: "secret",
  description: "values",
  paths: () => [
    declare({
      template: "{name...}",
      summary: "A value.",
      fields: { name: { type: "string", description: "Name." } },
      operations: { read: { summary: "Read it", run: () => ({ kind: "data", data: { a: 1 } }) } },
    }),
  ],
  checkOptions: (options) => {
    if (options.get("version") === "3") throw new ServerError("invalid_request", "version must be 1 or 2");
  },
};
const plainMethod: MountType = { ...plainEngine, type: "userpass", kind: "auth" };
const tokenMethod: MountType = { ...plainEngine, type: "token", kind: "auth", singleton: true };

export interface Asked {
  readonly status: number;
  /** The body as JSON, undefined for none. */
  readonly json: Record<string, unknown>;
}

/** The system mount over the real pipeline and router; the services behind it remember what they were asked. */
export class SystemFixture {
  readonly initialised: InitializeRequest[] = [];
  readonly audit: AuditEnableRequest[] = [];
  readonly revoked: string[] = [];
  readonly policies = new Map<string, string>([["default", "# default"]]);
  /** What the last forwarded request was denied for. */
  beyondReach: string | undefined;
  status: SealStatus = sealStatus;
  replicationHealth: ReplicationHealth | undefined;
  readonly server: PipelineFixture;

  constructor() {
    this.server = new PipelineFixture({
      types: [plainEngine, plainMethod, tokenMethod],
      system: (server) => systemMount(this.ports(server)),
    });
  }

  async open(): Promise<this> {
    await this.server.open();
    return this;
  }

  change(changes: Partial<SealStatus>): void {
    this.status = { ...this.status, ...changes };
    this.server.sealed = this.status.sealed;
  }

  async ask(method: string, path: string, body?: unknown, token = "root"): Promise<Asked> {
    const text = body === undefined ? "" : JSON.stringify(body);
    const answer = await this.server.ask(method, `/v1/sys/${path}`, { token, body: text });
    const shown = textOf(answer);
    return { status: answer.status, json: shown === "" ? undefined : JSON.parse(shown) };
  }

  /** What a performance secondary gets that says of its caller that it has the policy `root`. */
  async forward(
    operation: OperationName,
    path: string,
    body: unknown = {},
    allowsMount: (mountPath: string) => boolean = () => true,
  ): Promise<number> {
    const request = {
      id: "r1",
      caller: { kind: "facts", facts: tokenFacts(["root"]) },
      operation,
      path: `sys/${path}`,
      query: new Map(),
      body: Buffer.from(JSON.stringify(body)),
      contentType: undefined,
      remoteAddress: "10.0.0.1",
      wrapTtlSeconds: undefined,
    } as const;
    const { signal } = new AbortController();
    const { status, beyondReach } = await this.server.pipeline.handleForwarded(request, signal, allowsMount);
    this.beyondReach = beyondReach;
    return status;
  }

  private ports(server: PipelineFixture): SystemPorts {
    return {
      ...fixedPorts,
      seal: this.sealPort(),
      get mounts() {
        return server.router;
      },
      policies: {
        read: async (name) => this.policies.get(name),
        list: async () => [...this.policies.keys()].sort(),
        write: async (name, text) => void this.policies.set(name.toLowerCase(), text),
        delete: async (name) => void this.policies.delete(name.toLowerCase()),
      },
      access: {
        allows: (question) => server.allows(question),
        capabilities: async (names, path) =>
          names.includes("root") ? ["root"] : path === "secret/a" ? ["read"] : ["deny"],
      },
      audit: {
        list: () => [
          { path: "file/", type: "file", description: "d", local: false, options: new Map() },
          { path: "own/", type: "file", description: "of this cluster", local: true, options: new Map() },
        ],
        enable: async (request) => void this.audit.push(request),
        disable: async () => undefined,
        hash: (path, text) => `${path}:${text.length}`,
      },
      leases: {
        register: () => Promise.reject(new Error("not here")),
        lookup: async () => undefined,
        renew: async (leaseId) => ({ leaseId, renewable: true, leaseDurationSeconds: 60 }),
        revoke: async (leaseId) => void this.revoked.push(leaseId),
        revokePrefix: async (prefix) => void this.revoked.push(prefix),
        listPrefix: async () => ["a/"],
      },
      get replication(): never {
        throw new Error("not in these tests");
      },
      get rootTokens(): never {
        throw new Error("not in these tests");
      },
      log: { lastIndex: () => server.barrier.index },
      replicationHealth: () => this.replicationHealth,
    };
  }

  private sealPort(): SystemPorts["seal"] {
    return {
      isInitialized: () => this.status.initialized,
      isSealed: () => this.status.sealed,
      status: () => this.status,
      initialize: async (request) => {
        this.initialised.push(request);
        return { keys: ["k"], keys_base64: ["aw=="], root_token: "hvs.root" };
      },
      confirmInitialization: async () => undefined,
      unseal: async () => ({ ...this.status, sealed: false }),
      seal: async () => undefined,
    };
  }
}

const fixedPorts = {
  node: { apiAddress: "https://127.0.0.1:8200", clusterAddress: "https://127.0.0.1:8201", hostname: "node-1" },
  tokens: { lookup: async () => undefined },
  wrapping: {
    wrap: () => Promise.reject(new Error("not here")),
    unwrap: async (token: string) => {
      if (!token.endsWith("wrapped")) throw new ServerError("invalid_request", "wrapping token is not valid");
      return { body: Buffer.from(`{"data":{"from":"${token}"}}`) };
    },
    lookup: async () => ({ creationPath: "secret/a", creationTimeMilliseconds: 0, creationTtlSeconds: 60 }),
    rewrap: () => Promise.reject(new ServerError("invalid_request", "wrapping token is not valid")),
  },
  keyring: {
    keyStatus: () => ({ activeKeyId: "1", term: 2, installedAtMilliseconds: 0, encryptions: 5 }),
    rotate: async () => ({ activeKeyId: "2", term: 3, installedAtMilliseconds: 0, encryptions: 0 }),
  },
  metrics: {
    prometheusContentType: "text/plain; version=0.0.4; charset=utf-8",
    prometheusText: () => "# TYPE vault_core_unsealed gauge\nvault_core_unsealed 1\n",
    intervalReport: () => ({ Timestamp: "2026-01-02 03:04:00 +0000 UTC", Gauges: [] }),
  },
  configuration: () => ({ api_addr: "https://127.0.0.1:8200" }),
  openApi: () => ({ text: '{"openapi":"3.0.2"}' }),
};

const sealStatus: SealStatus = {
  type: "shamir",
  initialized: true,
  sealed: false,
  t: 3,
  n: 5,
  progress: 0,
  nonce: "",
  version: "0.1.0",
  buildDate: "2026-01-01T00:00:00Z",
  migration: false,
  recoverySeal: false,
  storageType: "inmem",
  clusterName: "dc-a",
  clusterId: "c1",
};
