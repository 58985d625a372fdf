import type { Clock } from "./clock";
import type { JsonObject } from "./json";
import type { AnyPath } from "./path";
import type { Random } from "./random";
import type { ReplicationState } from "./replication";
import type { StoredKeys } from "./stored-keys";
import type { View } from "./view";

/** What every secrets engine and auth method is given. It sees nothing else of the server. */
export interface MountContext {
  /** UUID of the mount, made at enable time. */
  readonly mountId: string;
  /** With trailing slash, e.g. `secret/`, `auth/userpass/`. */
  readonly mountPath: string;
  readonly accessor: string;
  /** Whether the whole mount is local to this cluster. */
  readonly local: boolean;
  /** Options given at enable time (kv: `version`). */
  readonly options: ReadonlyMap<string, string>;
  /** The mount's shared data (class `replicated`; `local` when the whole mount is local). */
  readonly storage: View;
  /** What stays in this cluster although the mount is shared (class `local`). */
  readonly localStorage: View;
  readonly clock: Clock;
  readonly random: Random;
  /** The mount's effective lease limits now, seconds. */
  leaseLimits(): { readonly defaultLeaseTtlSeconds: number; readonly maxLeaseTtlSeconds: number };
  replicationState(): ReplicationState;
  /**
   * Runs one of the mount type's `primaryCalls` on the primary of the performance set: here where this cluster is it, over
   * the cluster port otherwise. For what must be counted once for the whole set. @throws `primary_unreachable`
   */
  callPrimary(name: string, payload: JsonObject): Promise<JsonObject>;
}

/** What a mount's `renew` decides; undefined keeps what the token or lease has. */
export interface RenewalDecision {
  readonly ttlSeconds?: number;
  readonly maxTtlSeconds?: number;
  readonly periodSeconds?: number;
  readonly policies?: readonly string[];
}

/** Written as a method type, so that a type with a context of its own fits the registry of all types. */
export type PrimaryCall<Context> = { run(context: Context, payload: JsonObject): Promise<JsonObject> }["run"];

/**
 * A secrets engine or an auth method: what its folder's index.ts exports. Stateless; everything lasting is in the views.
 * One row in main.ts makes it known.
 */
export interface MountType<Context extends MountContext = MountContext> {
  /** `kv`, `userpass`... as in `type` of sys/mounts. */
  readonly type: string;
  readonly kind: "secret" | "auth";
  readonly description: string;
  /** Cannot be mounted by users, is there once (cubbyhole, token, system). */
  readonly singleton?: boolean;
  /** Paths may depend on options (kv version 1 and 2). */
  paths(options: ReadonlyMap<string, string>): readonly AnyPath<Context>[];
  /** Checks options at enable and tune time. @throws invalid_request naming the option and what is allowed */
  checkOptions?(options: ReadonlyMap<string, string>): void;
  /** Makes the engine's own context from the given one (caches and the like); default: the given one. */
  open?(context: MountContext): Context;
  /** Auth methods: proves again, before a renewal, what the login proved. @throws permission_denied */
  renew?(context: Context, internalData: ReadonlyMap<string, string>): Promise<RenewalDecision>;
  /** Engines with leases: takes the credential back. Must succeed when it is gone already. */
  revokeLease?(context: Context, internalData: ReadonlyMap<string, string>): Promise<void>;
  renewLease?(context: Context, internalData: ReadonlyMap<string, string>): Promise<RenewalDecision>;
  /** See `MountContext.callPrimary`. */
  readonly primaryCalls?: Readonly<Record<string, PrimaryCall<Context>>>;
  /** What its stored keys mean. Left out: they are named as they are, and their values are not shown. */
  storedKeys?(options: ReadonlyMap<string, string>): StoredKeys;
  /** Called by the owner once a minute on the cluster that may write the class: remove what has expired. */
  tidy?(context: Context, signal: AbortSignal): Promise<void>;
}
