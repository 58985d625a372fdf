import type { Logger } from "../framework/logger";
import type { OperatorDocument } from "../operator/operator-document";
import type { OperatorStore } from "../operator/operator-store";
import { ClusterClient, type TokenSource } from "./cluster-client";
import { ConfigurationError, NotYetKnownError } from "./errors";
import { type Endpoint, makeSender, type Sender } from "./http";
import { revokeToken } from "./login";
import { findPrimary } from "./primary-lookup";
import { ClusterTokens, type ConfiguredCredentials } from "./token-source";

/** A cluster as the provider's block names it. Undefined: decided later in this run. */
export interface ConfiguredCluster {
  readonly apiAddress: string | undefined;
  readonly clusterAddress: string | null | undefined;
  readonly caCertPem: string | null | undefined;
}

export interface SessionOptions {
  /** Undefined: the whole map is decided later in this run. */
  readonly clusters: ReadonlyMap<string, ConfiguredCluster> | undefined;
  readonly operator: OperatorStore;
  readonly credentials: ConfiguredCredentials;
  readonly nowMs: () => number;
}

/** What one operation hands to its requests. */
export interface Caller {
  readonly signal: AbortSignal;
  readonly log: Logger;
}

interface Connection {
  readonly endpoint: Endpoint;
  readonly tokens: ClusterTokens;
  client(caller: Caller): ClusterClient;
  close(): void;
}

const SILENT: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const NO_TOKENS: TokenSource = { token: async () => null, refused: () => false };
const CLOSE_LIMIT_MS = 3000;

/** Everything the operations of one provider block share: where the clusters are, and one token for each. */
export class MeridianSession {
  private readonly connections = new Map<string, Connection>();
  private readonly primaries = new Map<string, string>();
  private readonly anonymous = new Map<string, { readonly caCertPem: string | undefined; readonly sender: Sender }>();

  constructor(private readonly options: SessionOptions) {}

  get operator(): OperatorStore {
    return this.options.operator;
  }

  nowMs(): number {
    return this.options.nowMs();
  }

  /**
   * The API of a cluster. `name` is a cluster, a topology (its present primary), or null for the only cluster there is.
   *
   * @throws ConfigurationError for an unknown name, NotYetKnownError if its address is decided later in this run.
   */
  async cluster(name: string | null, caller: Caller): Promise<ClusterClient> {
    const document = await this.operator.read();
    const wanted = name ?? this.onlyCluster(document);
    const topology = document.topologies.get(wanted);
    if (topology === undefined || this.isCluster(document, wanted))
      return this.connect(wanted, document).client(caller);
    return this.primaryOf(wanted, [topology.primary, ...topology.members], document, caller);
  }

  /** Requests without a token to an address that need not be a cluster's recorded one. */
  anonymousAt(endpoint: Endpoint, { signal, log }: Caller): ClusterClient {
    const known = this.anonymous.get(endpoint.address);
    const sender = known?.caCertPem === endpoint.caCertPem && known ? known.sender : makeSender(endpoint);
    this.anonymous.set(endpoint.address, { caCertPem: endpoint.caCertPem, sender });
    return new ClusterClient(endpoint, sender.send, NO_TOKENS, signal, log);
  }

  /** Which cluster a topology's name stands for may have changed. */
  rolesChanged(): void {
    this.primaries.clear();
  }

  /** The cluster's address, authority or accounts changed: nothing that was cached for it counts. */
  forget(cluster: string): void {
    this.connections.get(cluster)?.close();
    this.connections.delete(cluster);
  }

  async endpoint(cluster: string): Promise<Endpoint> {
    return this.findEndpoint(cluster, await this.operator.read());
  }

  /** `https://host:port` for other clusters, if somebody said it; else the server knows. */
  async clusterAddress(cluster: string): Promise<string | undefined> {
    const configured = this.options.clusters?.get(cluster)?.clusterAddress;
    return configured ?? (await this.operator.read()).clusters.get(cluster)?.clusterAddress;
  }

  /** Revokes the tokens that this session made, as far as that is quick. */
  async close(): Promise<void> {
    const signal = AbortSignal.timeout(CLOSE_LIMIT_MS);
    await Promise.all(
      [...this.connections.values()].map(async (connection) => {
        const token = connection.tokens.ownToken();
        if (token !== undefined)
          await revokeToken(connection.client({ signal, log: SILENT }), token).catch(() => undefined);
        connection.close();
      }),
    );
    this.connections.clear();
    for (const { sender } of this.anonymous.values()) sender.close();
    this.anonymous.clear();
  }

  private async primaryOf(
    topology: string,
    members: readonly string[],
    document: OperatorDocument,
    caller: Caller,
  ): Promise<ClusterClient> {
    const known = this.primaries.get(topology);
    if (known !== undefined) return this.connect(known, document).client(caller);
    const clients = [...new Set(members)].map((member) => this.connect(member, document).client(caller));
    const primary = await findPrimary(topology, clients);
    this.primaries.set(topology, primary.name);
    return primary;
  }

  private onlyCluster(document: OperatorDocument): string {
    const names = new Set([...(this.options.clusters?.keys() ?? []), ...document.clusters.keys()]);
    const [only, ...others] = names;
    if (only !== undefined && others.length === 0) return only;
    if (only === undefined && this.options.clusters === undefined) throw new NotYetKnownError("clusters");
    const known = only === undefined ? "It knows none." : `It knows ${[...names].sort().join(", ")}.`;
    throw new ConfigurationError(
      `"cluster" is needed`,
      `It can be left out only while the provider knows exactly one cluster. ${known}`,
    );
  }

  private isCluster(document: OperatorDocument, name: string): boolean {
    return this.options.clusters?.has(name) === true || document.clusters.has(name);
  }

  private connect(cluster: string, document: OperatorDocument): Connection {
    const endpoint = this.findEndpoint(cluster, document);
    const found = this.connections.get(cluster);
    const same = found?.endpoint.address === endpoint.address && found.endpoint.caCertPem === endpoint.caCertPem;
    if (found !== undefined && same) return found;
    found?.close();
    const made = this.makeConnection(endpoint);
    this.connections.set(cluster, made);
    return made;
  }

  private findEndpoint(cluster: string, document: OperatorDocument): Endpoint {
    const { clusters } = this.options;
    const configured = clusters?.get(cluster);
    const recorded = document.clusters.get(cluster);
    if (configured !== undefined && configured.apiAddress !== undefined && configured.caCertPem !== undefined) {
      return { cluster, address: trimmed(configured.apiAddress), caCertPem: configured.caCertPem ?? undefined };
    }
    if (recorded?.apiAddress !== undefined) {
      return { cluster, address: trimmed(recorded.apiAddress), caCertPem: recorded.caCertPem };
    }
    if (configured !== undefined || clusters === undefined) throw new NotYetKnownError(cluster);
    const names = [...new Set([...clusters.keys(), ...document.clusters.keys(), ...document.topologies.keys()])].sort();
    throw new ConfigurationError(
      `Unknown cluster "${cluster}"`,
      `The provider knows ${names.length === 0 ? "no cluster" : names.join(", ")} (from its "clusters" and from the operator ` +
        `file ${this.operator.path}). Add it to "clusters", or let this resource depend on the meridian_cluster of that name.`,
    );
  }

  private makeConnection(endpoint: Endpoint): Connection {
    const { send, close } = makeSender(endpoint);
    const anonymous = (signal: AbortSignal) => new ClusterClient(endpoint, send, NO_TOKENS, signal, SILENT);
    const { credentials, operator, nowMs } = this.options;
    const tokens = new ClusterTokens(endpoint.cluster, credentials, operator, anonymous, nowMs);
    const client = ({ signal, log }: Caller) => new ClusterClient(endpoint, send, tokens.source(), signal, log);
    return { endpoint, tokens, client, close };
  }
}

function trimmed(address: string): string {
  return address.replace(/\/+$/, "");
}
