import type { LogLevel } from "../sdk/logger";

/** A configuration that was read and checked; nothing looks at the files again. Durations in seconds, sizes in bytes. */
export interface Configuration {
  readonly listeners: readonly TcpListener[];
  readonly storage: { readonly engine: "lmdb"; readonly path: string } | { readonly engine: "inmem" };
  readonly seal: { readonly kind: "shamir" } | StaticSeal;
  readonly apiAddress: string;
  readonly clusterAddress: string;
  /** Addresses that nobody configured while the server listens on every interface: right on this machine alone. */
  readonly guessedAddresses: readonly ("api_addr" | "cluster_addr")[];
  readonly clusterName: string | undefined;
  readonly nodeId: string;
  readonly logLevel: LogLevel;
  readonly defaultLeaseTtlSeconds: number;
  readonly maxLeaseTtlSeconds: number;
  readonly pidFile: string | undefined;
  /** Calls that ask for no token, as `enable_unauthenticated_access` names them. */
  readonly unauthenticatedAccess: readonly string[];
  readonly replication: {
    readonly consistencyWaitSeconds: number;
    readonly drClientRequests: "forward" | "refuse";
    readonly logRetentionBytes: number;
    readonly logRetentionSeconds: number;
    readonly secondaryWindowBytes: number;
    readonly catchUpConcurrency: number;
    readonly synchronousDr: "off" | "block" | "degrade";
    readonly synchronousDrTimeoutSeconds: number;
    readonly fencing: "lease" | "off";
    readonly fencingLeaseSeconds: number;
  };
  readonly telemetry: {
    readonly servesPrometheus: boolean;
  };
}

export interface TcpListener {
  readonly host: string;
  readonly port: number;
  readonly clusterHost: string;
  readonly clusterPort: number;
  /** Undefined: plain HTTP. */
  readonly tls:
    | { readonly certificateFile: string; readonly keyFile: string; readonly minVersion: "TLSv1.2" | "TLSv1.3" }
    | undefined;
  readonly requestBytesMax: number;
  /** sys/metrics asks for no token on this listener. */
  readonly unauthenticatedMetricsAccess: boolean;
}

export interface StaticSeal {
  readonly kind: "static";
  readonly currentKeyId: string;
  /** 32 bytes. */
  readonly currentKey: Buffer;
  readonly previous: { readonly keyId: string; readonly key: Buffer } | undefined;
}

/** What is wrong with a configuration: the file, the key, and what is allowed. Never the value of a secret. */
export class ConfigurationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConfigurationError";
  }
}
