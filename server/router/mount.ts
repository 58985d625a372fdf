import type { Clock } from "../sdk/clock";
import type { JsonObject } from "../sdk/json";
import { mountDataPrefix } from "../sdk/key-layout";
import type { KeyClass } from "../sdk/log";
import type { MountContext, MountType } from "../sdk/mount";
import type { MountEntry } from "../sdk/mounts";
import type { Random } from "../sdk/random";
import type { ReplicationState } from "../sdk/replication";
import type { View } from "../sdk/view";
import type { PathNode } from "./compile";
import { compilePaths } from "./compile";

/** Where views come from: the barrier. Fails with `sealed` while there is none. */
export interface ViewSource {
  view(prefix: string, keyClass: KeyClass): View;
}

/** What all mounts of a server are given alike. */
export interface MountEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  /** By id, because tuning changes them while the context lives on. */
  leaseLimits(mountId: string): { readonly defaultLeaseTtlSeconds: number; readonly maxLeaseTtlSeconds: number };
  replicationState(): ReplicationState;
  callPrimary(mountId: string, name: string, payload: JsonObject): Promise<JsonObject>;
}

/** The context of one mount. Made anew when the entry changes, so that a handler never sees half of a change. */
class MountedContext implements MountContext {
  readonly mountId: string;
  readonly mountPath: string;
  readonly accessor: string;
  readonly local: boolean;
  readonly options: ReadonlyMap<string, string>;
  readonly clock: Clock;
  readonly random: Random;
  private shared: View | undefined;
  private own: View | undefined;

  constructor(
    entry: MountEntry,
    private readonly views: ViewSource,
    private readonly environment: MountEnvironment,
  ) {
    this.mountId = entry.id;
    this.mountPath = entry.path;
    this.accessor = entry.accessor;
    this.local = entry.local;
    this.options = entry.options;
    this.clock = environment.clock;
    this.random = environment.random;
  }

  get storage(): View {
    this.shared ??= this.views.view(mountDataPrefix(this.mountId), this.local ? "local" : "replicated");
    return this.shared;
  }

  /** On a local mount both are class `local`: a part of its own keeps their keys apart. */
  get localStorage(): View {
    this.own ??= this.views.view(`${mountDataPrefix(this.mountId)}${this.local ? "~local/" : ""}`, "local");
    return this.own;
  }

  leaseLimits(): { readonly defaultLeaseTtlSeconds: number; readonly maxLeaseTtlSeconds: number } {
    return this.environment.leaseLimits(this.mountId);
  }

  replicationState(): ReplicationState {
    return this.environment.replicationState();
  }

  callPrimary(name: string, payload: JsonObject): Promise<JsonObject> {
    return this.environment.callPrimary(this.mountId, name, payload);
  }
}

/** A row of the live table: everything a request needs of its mount. */
export interface Mount {
  readonly entry: MountEntry;
  readonly type: MountType;
  readonly context: MountContext;
  readonly tree: PathNode<MountContext>;
}

export function openMount(entry: MountEntry, type: MountType, views: ViewSource, environment: MountEnvironment): Mount {
  const given = new MountedContext(entry, views, environment);
  return Object.freeze({
    entry,
    type,
    context: type.open === undefined ? given : type.open(given),
    tree: compilePaths(type.paths(entry.options)),
  });
}

/** Whether only lease limits, description and the like differ: caches of the context live on. */
export function sameMount(left: MountEntry, right: MountEntry): boolean {
  return left.path === right.path && left.type === right.type && sameOptions(left.options, right.options);
}

function sameOptions(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  return left.size === right.size && [...left].every(([name, value]) => right.get(name) === value);
}
