import type { JsonObject } from "./json";
import type { Epoch, ReplicationMode } from "./log";
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
  /** Values of X-Vault-Index, with a token alone: the cluster that runs the request looks at them. */
  readonly requiredIndexes?: readonly string[];
  /** False with `X-Vault-Inconsistent: fail`: an index that is not there is an error at once. @default true */
  readonly waitsForIndex?: boolean;
}

export interface ForwardedAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** Index of the last shared entry of the primary's log after the request's writes. 0: none was written meanwhile. */
  readonly index: number;
  /** What the secondary named although it may not reach it. For this cluster's log: it is not sent. */
  readonly beyondReach?: string;
}

/** An index in the log of the cluster that writes in `epoch`. Number 0: a cluster that was in no set, in its own numbering. */
export interface EpochIndex {
  readonly epoch: Epoch;
  readonly index: number;
}

/**
 * How a cluster stands to an index. `held`: applied here. `awaited`: it may still come. `absent`: it is of a history that
 * this cluster does not share, or was lost at a promotion; waiting does not help.
 */
export type IndexStanding = "held" | "awaited" | "absent";

/** An answer, its index, and the epoch in which that counts. */
export interface ForwardResult extends ForwardedAnswer, EpochIndex {}

/** What the pipeline needs of replication. */
export interface ReplicationPort {
  state(): ReplicationState;
  /** How a DR secondary treats clients. */
  drClientRequests(): "forward" | "refuse";
  /** Hands the request to the mode's primary. @throws `primary_unreachable`, `fenced` */
  forward(mode: ReplicationMode, request: ForwardedRequest, signal: AbortSignal): Promise<ForwardResult>;
  /** Runs `MountType.primaryCalls[name]` of the mount on the performance primary. @throws `primary_unreachable` */
  callPrimary(mountId: string, name: string, payload: JsonObject): Promise<JsonObject>;
  /** Whether this cluster holds what the set wrote at the index. What is not known to be here is not `held`. */
  standing(mode: ReplicationMode, at: EpochIndex): IndexStanding;
  /** Resolves true once this cluster holds it; false after `consistency_wait`, or at once where waiting cannot help. */
  waitUntilApplied(mode: ReplicationMode, at: EpochIndex, signal: AbortSignal): Promise<boolean>;
  /** The epoch in which the mode's writes count here. */
  numbering(mode: ReplicationMode): Epoch;
  /** The cluster that the mode's history began with; this one where there is no history. */
  origin(mode: ReplicationMode): string;
  /** Last index of this cluster's own log (`last_wal`). */
  lastIndex(): number;
  /** Index of the last own entry that performance secondaries get. */
  sharedIndex(): number;
  /** Where the primary's log stood after the latest `callPrimary` that wrote there; undefined: none did. */
  calledIndex(): EpochIndex | undefined;
  /**
   * Waits until a DR secondary has applied this cluster's log up to the index, where `sync_dr` asks for that; undefined:
   * there is nothing to wait for.
   * @throws dr_unconfirmed: the write was made here and its outcome is uncertain
   */
  confirmDurable(index: number): Promise<void> | undefined;
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
