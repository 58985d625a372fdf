import type { JsonObject } from "./json";
import type { RenewalDecision } from "./mount";

export type MountKind = "secret" | "auth";

/** What tune can change. 0 lease limits mean the system's. */
export interface MountConfig {
  readonly defaultLeaseTtlSeconds: number;
  readonly maxLeaseTtlSeconds: number;
  readonly forceNoCache: boolean;
  readonly listingVisibility: "" | "hidden" | "unauth";
  /** Auth methods: `default-service`, `default-batch`, `service`, `batch`. */
  readonly tokenType: string;
  /** Keys of request and response data that audit devices write in clear. */
  readonly auditNonHmacRequestKeys: readonly string[];
  readonly auditNonHmacResponseKeys: readonly string[];
  readonly passthroughRequestHeaders: readonly string[];
  readonly allowedResponseHeaders: readonly string[];
}

/** One row of the mount table, as stored under `mounts/<id>`. */
export interface MountEntry {
  /** UUID. */
  readonly id: string;
  /** Full path with trailing slash: `secret/`, `auth/userpass/`. */
  readonly path: string;
  readonly kind: MountKind;
  readonly type: string;
  readonly description: string;
  readonly accessor: string;
  readonly local: boolean;
  readonly sealWrap: boolean;
  readonly options: ReadonlyMap<string, string>;
  readonly config: MountConfig;
}

export interface EnableRequest {
  readonly kind: MountKind;
  /** Full path, with or without trailing slash. */
  readonly path: string;
  readonly type: string;
  readonly description?: string | undefined;
  readonly local?: boolean | undefined;
  readonly sealWrap?: boolean | undefined;
  readonly options?: ReadonlyMap<string, string> | undefined;
  readonly config?: Partial<MountConfig> | undefined;
}

export interface TuneRequest {
  readonly description?: string | undefined;
  readonly options?: ReadonlyMap<string, string> | undefined;
  readonly config?: Partial<MountConfig> | undefined;
}

/** The mount table: what sys/mounts, sys/auth and the other services need of the router. */
export interface MountTable {
  /** Sorted by path. */
  list(kind: MountKind): readonly MountEntry[];
  /** By full path, with or without trailing slash. */
  read(path: string): MountEntry | undefined;
  byId(mountId: string): MountEntry | undefined;
  byAccessor(accessor: string): MountEntry | undefined;
  /** The mount that serves a request path. */
  matching(path: string): MountEntry | undefined;
  /** @throws invalid_request for unknown types, paths in use, reserved paths and bad options; `read_only` on a secondary */
  enable(request: EnableRequest): Promise<MountEntry>;
  /** The mount, where it is one that can be disabled. Nothing is changed. @throws invalid_request for what every cluster has */
  removable(path: string): MountEntry | undefined;
  /** Takes the mount out of the table, then removes its data in bounded batches. Disabling what is not there succeeds. */
  disable(path: string): Promise<void>;
  /** @throws invalid_request when there is no such mount or an option is wrong */
  tune(path: string, request: TuneRequest): Promise<void>;
  /** The mount as `remount` would leave it. Nothing is changed. @throws what `remount` would */
  movable(from: string, to: string): MountEntry;
  /** Moves a mount to another path; its data stays where it is. @throws invalid_request */
  remount(from: string, to: string): Promise<void>;
  /** The mount's effective lease limits, seconds. */
  leaseLimits(mountId: string): { readonly defaultLeaseTtlSeconds: number; readonly maxLeaseTtlSeconds: number };
}

/** How other services reach a mount's own code, by the mount's id. */
export interface MountCalls {
  /**
   * `MountType.renew` of the auth method: proves again what the login proved. {} where the type has none.
   * @throws permission_denied, also when the mount is gone
   */
  renewAuth(mountId: string, internalData: ReadonlyMap<string, string>): Promise<RenewalDecision>;
  /** `MountType.renewLease`; {} where the type has none. @throws invalid_request when the mount is gone */
  renewLease(mountId: string, internalData: ReadonlyMap<string, string>): Promise<RenewalDecision>;
  /** `MountType.revokeLease`; nothing to do where the type has none or the mount is gone. */
  revokeLease(mountId: string, internalData: ReadonlyMap<string, string>): Promise<void>;
  /** Runs `primaryCalls[name]` of a mount of this cluster. @throws invalid_request when there is no such mount or call */
  runPrimaryCall(mountId: string, name: string, payload: JsonObject): Promise<JsonObject>;
  /** `MountType.tidy` of every mount whose class this cluster may write; a failure is logged and stops nobody else. */
  tidyAll(signal: AbortSignal): Promise<void>;
}
