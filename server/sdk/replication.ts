import type { JsonObject } from "./json";
import type { ReplicationMode } from "./log";
import type { OperationName } from "./path";
import type { TokenFacts } from "./token";

export type ReplicationRole = "disabled" | "primary" | "secondary" | "bootstrapping";

/** This cluster's role per mode. */
export type ReplicationState = Readonly<Record<ReplicationMode, ReplicationRole>>;

/**
 * A request handed to another cluster whole. A performance secondary has authenticated and authorised it and sends the
 * caller's facts (its tokens are its own); a DR secondary knows nobody and sends the token as it came.
 */
export interface ForwardedRequest {
  readonly id: string;
  readonly caller:
    | { readonly kind: "facts"; readonly facts: TokenFacts }
    | { readonly kind: "token"; readonly token: Buffer | undefined };
  readonly operation: OperationName;
  /** Canonical path without `/v1/`. */
  readonly path: string;
  readonly query: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly remoteAddress: string;
  /** Seconds. A performance secondary wraps the answer itself; the primary's policies ask for it all the same. */
  readonly wrapTtlSeconds: number | undefined;
}

export interface ForwardedAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** The primary's log index after the request's writes, for read-your-writes. 0: it wrote nothing shared. */
  readonly index: number;
}

/** What the pipeline needs of replication. */
export interface ReplicationPort {
  state(): ReplicationState;
  /** How a DR secondary treats clients. */
  drClientRequests(): "forward" | "refuse";
  /** Hands the request to the mode's primary. @throws `primary_unreachable`, `fenced` */
  forward(mode: ReplicationMode, request: ForwardedRequest, signal: AbortSignal): Promise<ForwardedAnswer>;
  /** Runs `MountType.primaryCalls[name]` of the mount on the performance primary. @throws `primary_unreachable` */
  callPrimary(mountId: string, name: string, payload: JsonObject): Promise<JsonObject>;
  /** Resolves true once this cluster has applied the primary's `index`, false after `consistency_wait`. */
  waitUntilApplied(mode: ReplicationMode, index: number, signal: AbortSignal): Promise<boolean>;
  /** Last index of this cluster's own log (`last_wal`). */
  lastIndex(): number;
}

/**
 * What replication needs of the pipeline on the primary: runs a request that came over the cluster port.
 * @param allowsMount whether the secondary's paths filter lets the mount path through
 */
export type ForwardedHandler = (
  request: ForwardedRequest,
  signal: AbortSignal,
  allowsMount: (mountPath: string) => boolean,
) => Promise<ForwardedAnswer>;
