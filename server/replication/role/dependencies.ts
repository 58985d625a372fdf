import type { UnsealedCore } from "../../sdk/barrier";
import type { Clock } from "../../sdk/clock";
import type { WriteMeanings } from "../../sdk/divergence";
import type { JsonObject } from "../../sdk/json";
import type { Logger } from "../../sdk/logger";
import type { Metrics } from "../../sdk/metrics";
import type { Random } from "../../sdk/random";
import type { ForwardedHandler } from "../../sdk/replication";
import type { CeremonyProduct, OwnedCeremony } from "../../sdk/share-ceremony";
import type { Transport } from "../../sdk/transport";
import type { WrappingPort } from "../../sdk/wrapping";
import type { MountPathOf } from "../filter/mount-scope";
import type { StreamLimits } from "../stream/limits";
import type { ApiClient } from "./activation";
import type { Certificates } from "./certificates";
import type { SynchronousDrSettings } from "./synchronous-dr";

export interface ReplicationSettings {
  /** Addresses that others are told, e.g. `https://10.1.0.10:8200` and `https://10.1.0.10:8201`. */
  readonly apiAddress: string;
  readonly clusterAddress: string;
  /** Those of the two that nobody configured, and that other machines cannot reach. */
  readonly guessedAddresses?: readonly ("api_addr" | "cluster_addr")[];
  /** Where the cluster port listens. */
  readonly listenHost: string;
  readonly listenPort: number;
  readonly drClientRequests: "forward" | "refuse";
  /** How long a forwarded write's answer waits for the write to arrive here. */
  readonly consistencyWaitMilliseconds: number;
  /** How long a planned failover waits for its target. */
  readonly drainMilliseconds: number;
  /** Whether a primary's acknowledgements depend on its secondaries' word, and how long one word lasts. */
  readonly fencing: { readonly mode: "lease" | "off"; readonly leaseMilliseconds: number };
  /** Left out: off. */
  readonly synchronousDr?: SynchronousDrSettings;
  readonly stream: StreamLimits;
}

/** Everything replication is given by the composition root. */
export interface ReplicationDependencies {
  readonly core: UnsealedCore;
  readonly transport: Transport;
  readonly certificates: Certificates;
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly wrapping: WrappingPort;
  readonly mountPathOf: MountPathOf;
  /** Left out: what stored keys mean is not known, and nobody here can revoke. */
  readonly meanings?: WriteMeanings;
  /** Runs a request of a secondary. */
  readonly forwarded: ForwardedHandler;
  /** Runs a mount's primary call here. */
  runPrimaryCall(mountId: string, name: string, payload: JsonObject): Promise<JsonObject>;
  /** Whether a DR operation token may update the path; the token is one of the primary's. */
  checkOperationToken(token: Buffer, path: string): Promise<boolean>;
  /** How this cluster's share holders make something. */
  ceremony(product: CeremonyProduct): OwnedCeremony;
  /** The roles of this cluster changed: services look again at what they may write. */
  roleChanged(): void;
  readonly settings: ReplicationSettings;
}
