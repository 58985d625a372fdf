import type { AuditDevices } from "../../sdk/audit";
import type { EncryptionKeyStatus } from "../../sdk/barrier";
import type { Clock } from "../../sdk/clock";
import type { ClusterFacts } from "../../sdk/cluster";
import type { JsonObject } from "../../sdk/json";
import type { LeasePort } from "../../sdk/lease";
import type { MountContext } from "../../sdk/mount";
import type { MountTable } from "../../sdk/mounts";
import type { RawJsonLike, ResponseData } from "../../sdk/outcome";
import { pathsOf } from "../../sdk/path";
import type { AccessChecker, PolicyStore } from "../../sdk/policy";
import type { Random } from "../../sdk/random";
import type { ReplicationPort, ReplicationState } from "../../sdk/replication";
import type { ReplicationAdmin, ReplicationHealth } from "../../sdk/replication-admin";
import type { SealPort } from "../../sdk/seal";
import type { ShareCeremony } from "../../sdk/share-ceremony";
import type { TokenPort } from "../../sdk/token";
import type { View } from "../../sdk/view";
import type { WrappingPort } from "../../sdk/wrapping";

/** sys/metrics: what this process counted. */
export interface MetricsReport {
  readonly prometheusContentType: string;
  /** Undefined: the operator switched it off (`prometheus_retention_time = 0`). */
  prometheusText(): string | undefined;
  intervalReport(): ResponseData;
}

/** The encryption keys of the barrier, as sys/key-status and sys/rotate see them. */
export interface KeyringPort {
  keyStatus(): EncryptionKeyStatus;
  rotate(): Promise<EncryptionKeyStatus>;
}

/**
 * What sys/ reaches. Rows may be getters: all but `seal`, `node`, `metrics` and `openApi` are asked only while the server is unsealed.
 */
export interface SystemPorts {
  readonly seal: SealPort;
  readonly node: Pick<ClusterFacts, "apiAddress" | "clusterAddress"> & { readonly hostname: string };
  readonly mounts: MountTable;
  readonly policies: PolicyStore;
  readonly access: AccessChecker;
  readonly tokens: Pick<TokenPort, "lookup">;
  readonly audit: AuditDevices;
  readonly leases: LeasePort;
  readonly wrapping: WrappingPort;
  readonly keyring: KeyringPort;
  /** Root tokens by the share holders. */
  readonly rootTokens: ShareCeremony;
  readonly metrics: MetricsReport;
  readonly replication: ReplicationAdmin;
  readonly log: Pick<ReplicationPort, "lastIndex">;
  /** Undefined where this cluster follows nobody. */
  replicationHealth(): ReplicationHealth | undefined;
  /** config/state/sanitized: the configuration in use without any secret. */
  configuration(): ResponseData;
  /** The OpenAPI document as JSON text. */
  openApi(): RawJsonLike;
}

/** The system mount's context: the given one, and the ports. */
export class SystemContext implements MountContext {
  readonly mountId: string;
  readonly mountPath: string;
  readonly accessor: string;
  readonly local: boolean;
  readonly options: ReadonlyMap<string, string>;
  readonly clock: Clock;
  readonly random: Random;

  constructor(
    private readonly given: MountContext,
    readonly ports: SystemPorts,
  ) {
    this.mountId = given.mountId;
    this.mountPath = given.mountPath;
    this.accessor = given.accessor;
    this.local = given.local;
    this.options = given.options;
    this.clock = given.clock;
    this.random = given.random;
  }

  /** For the paths under sys/replication. */
  get replication(): ReplicationAdmin {
    return this.ports.replication;
  }

  get storage(): View {
    return this.given.storage;
  }

  get localStorage(): View {
    return this.given.localStorage;
  }

  leaseLimits(): ReturnType<MountContext["leaseLimits"]> {
    return this.given.leaseLimits();
  }

  replicationState(): ReplicationState {
    return this.given.replicationState();
  }

  callPrimary(name: string, payload: JsonObject): Promise<JsonObject> {
    return this.given.callPrimary(name, payload);
  }
}

export const declare = pathsOf<SystemContext>();
