import type { Clock } from "../sdk/clock";
import { isServerError, ServerError } from "../sdk/errors";
import type { JsonObject } from "../sdk/json";
import type { KeyClass, LogEntry } from "../sdk/log";
import type { Logger } from "../sdk/logger";
import type { MountType, RenewalDecision } from "../sdk/mount";
import type { EnableRequest, MountCalls, MountEntry, MountKind, MountTable, TuneRequest } from "../sdk/mounts";
import type { Random } from "../sdk/random";
import type { ReplicationPort } from "../sdk/replication";
import { isBuiltIn, systemMount, unsealedMounts } from "./built-in-mounts";
import type { Mount, MountEnvironment, ViewSource } from "./mount";
import { openMount, sameMount } from "./mount";
import { MountChanges } from "./mount-changes";
import { MountIndex } from "./mount-index";
import { withSlash } from "./mount-paths";
import { classOf, MountStore } from "./mount-store";
import { ShadowedMounts } from "./shadowed-mounts";

export interface LeaseLimits {
  readonly defaultLeaseTtlSeconds: number;
  readonly maxLeaseTtlSeconds: number;
}

export interface RouterOptions {
  /** Every engine and method, cubbyhole and token among them; the system mount is given apart. */
  readonly types: readonly MountType[];
  readonly system: MountType;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly replication: Pick<ReplicationPort, "state" | "callPrimary">;
  /** Limits of mounts that have none of their own. */
  readonly leaseLimits: LeaseLimits;
}

const sealedViews: ViewSource = {
  view: (_prefix: string, _keyClass: KeyClass) => {
    throw new ServerError("sealed");
  },
};

/**
 * The mount table of this node: secrets engines and auth methods in one table, found by longest prefix. It holds the system
 * mount from the start, the rest between `open` (unseal) and `close` (seal), and follows the log in between.
 */
export class Router implements MountTable, MountCalls {
  private readonly index = new MountIndex();
  private readonly shadowed = new ShadowedMounts();
  private readonly types: ReadonlyMap<string, MountType>;
  private readonly environment: MountEnvironment;
  private views: ViewSource = sealedViews;
  private store = new MountStore(sealedViews);
  private changes: MountChanges;
  private reloading: Promise<void> | undefined;

  constructor(private readonly options: RouterOptions) {
    const { clock, random, replication } = options;
    this.types = new Map(options.types.map((type) => [typeKey(type.kind, type.type), type]));
    this.environment = {
      clock,
      random,
      leaseLimits: (mountId) => this.leaseLimits(mountId),
      replicationState: () => replication.state(),
      callPrimary: (mountId, name, payload) => this.callPrimary(mountId, name, payload),
    };
    this.changes = this.changesOver(this.store);
    this.mountSystem();
  }

  /** Loads the table after an unseal, and ends removals that a crash interrupted. @throws corrupt */
  async open(views: ViewSource): Promise<void> {
    this.close();
    this.views = views;
    this.store = new MountStore(views);
    this.changes = this.changesOver(this.store);
    const stored = await this.store.readAll();
    const storedIds = new Set(stored.map((entry) => entry.id));
    for (const entry of unsealedMounts) if (!storedIds.has(entry.id)) this.put(entry);
    for (const entry of stored) this.put(entry);
    await this.changes.resumeRemovals();
  }

  /** Forgets everything but the system mount. */
  close(): void {
    this.index.clear();
    this.shadowed.clear();
    this.views = sealedViews;
    this.store = new MountStore(sealedViews);
    this.changes = this.changesOver(this.store);
    this.reloading = undefined;
    this.mountSystem();
  }

  /** To be called with every batch of log entries, own and applied: mounts whose entry changed are read again. */
  onEntries(entries: readonly LogEntry[]): void {
    const ids = new Set<string>();
    for (const { operations } of entries) {
      for (const { key } of operations) if (key.startsWith("mounts/")) ids.add(key.slice("mounts/".length));
    }
    this.onEntry([...ids]);
  }

  /** Ids of mounts whose entries changed. */
  onEntry(mountIds: readonly string[]): void {
    if (mountIds.length === 0) return;
    const before = this.reloading ?? Promise.resolve();
    const next = before.then(() => this.reload(mountIds));
    this.reloading = next;
    void next.finally(() => {
      if (this.reloading === next) this.reloading = undefined;
    });
  }

  /** Undefined, or settles once the table has caught up with the log: whoever wrote a mount through a secondary sees it. */
  get pending(): Promise<void> | undefined {
    return this.reloading;
  }

  /** The mount that serves a canonical path. */
  route(path: string): Mount | undefined {
    return this.index.longestPrefix(path);
  }

  list(kind: MountKind): readonly MountEntry[] {
    return this.index.sorted(kind);
  }

  /** All live mounts, for what walks their declarations. */
  mounts(): readonly Mount[] {
    return this.index.mounts();
  }

  read(path: string): MountEntry | undefined {
    return this.index.byPath(withSlash(path))?.entry;
  }

  byId(mountId: string): MountEntry | undefined {
    return this.index.byId(mountId)?.entry;
  }

  byAccessor(accessor: string): MountEntry | undefined {
    return this.index.byAccessor(accessor)?.entry;
  }

  matching(path: string): MountEntry | undefined {
    return this.route(path)?.entry;
  }

  enable(request: EnableRequest): Promise<MountEntry> {
    return this.changes.enable(request);
  }

  removable(path: string): MountEntry | undefined {
    return this.changes.removable(path);
  }

  disable(path: string): Promise<void> {
    return this.changes.disable(path);
  }

  tune(path: string, request: TuneRequest): Promise<void> {
    return this.changes.tune(path, request);
  }

  movable(from: string, to: string): MountEntry {
    return this.changes.movable(from, to);
  }

  remount(from: string, to: string): Promise<void> {
    return this.changes.remount(from, to);
  }

  /** A mount cannot allow more than the system: both limits are capped. */
  leaseLimits(mountId: string): LeaseLimits {
    const system = this.options.leaseLimits;
    const config = this.index.byId(mountId)?.entry.config;
    const maxLeaseTtlSeconds = config?.maxLeaseTtlSeconds || system.maxLeaseTtlSeconds;
    const defaultLeaseTtlSeconds = config?.defaultLeaseTtlSeconds || system.defaultLeaseTtlSeconds;
    return { defaultLeaseTtlSeconds: Math.min(defaultLeaseTtlSeconds, maxLeaseTtlSeconds), maxLeaseTtlSeconds };
  }

  async renewAuth(mountId: string, internalData: ReadonlyMap<string, string>): Promise<RenewalDecision> {
    const mount = this.index.byId(mountId);
    if (mount === undefined) throw new ServerError("permission_denied", { detail: `mount ${mountId} is gone` });
    return (await mount.type.renew?.(mount.context, internalData)) ?? {};
  }

  async renewLease(mountId: string, internalData: ReadonlyMap<string, string>): Promise<RenewalDecision> {
    const mount = this.index.byId(mountId);
    if (mount === undefined) throw new ServerError("invalid_request", "the lease's mount is gone");
    return (await mount.type.renewLease?.(mount.context, internalData)) ?? {};
  }

  async revokeLease(mountId: string, internalData: ReadonlyMap<string, string>): Promise<void> {
    const mount = this.index.byId(mountId);
    await mount?.type.revokeLease?.(mount.context, internalData);
  }

  runPrimaryCall(mountId: string, name: string, payload: JsonObject): Promise<JsonObject> {
    const mount = this.index.byId(mountId);
    const calls = mount?.type.primaryCalls;
    const call = calls !== undefined && Object.hasOwn(calls, name) ? calls[name] : undefined;
    if (mount === undefined || call === undefined) {
      return Promise.reject(new ServerError("invalid_request", "no such mount or call on the primary"));
    }
    return call(mount.context, payload);
  }

  async tidyAll(signal: AbortSignal): Promise<void> {
    for (const mount of this.index.mounts()) {
      if (signal.aborted) return;
      try {
        await mount.type.tidy?.(mount.context, signal);
      } catch (error) {
        if (!isServerError(error, "read_only")) this.report("tidying a mount failed", mount.entry, error);
      }
    }
  }

  private changesOver(store: MountStore): MountChanges {
    return new MountChanges({
      store,
      random: this.options.random,
      logger: this.options.logger,
      entries: () => this.index.entries(),
      typeOf: (kind, type) => this.types.get(typeKey(kind, type)),
      typeNames: (kind) => this.typeNames(kind),
      put: (entry) => this.put(entry),
      remove: (mountId) => this.remove(mountId),
    });
  }

  private typeNames(kind: MountKind): readonly string[] {
    const mountable = [...this.types.values()].filter((type) => type.kind === kind && type.singleton !== true);
    return mountable.map((type) => type.type).sort();
  }

  private callPrimary(mountId: string, name: string, payload: JsonObject): Promise<JsonObject> {
    const { replication } = this.options;
    const isElsewhere = replication.state().performance === "secondary" && this.byId(mountId)?.local !== true;
    return isElsewhere ? replication.callPrimary(mountId, name, payload) : this.runPrimaryCall(mountId, name, payload);
  }

  private mountSystem(): void {
    this.index.put(openMount(systemMount, this.options.system, this.views, this.environment));
  }

  private put(entry: MountEntry): void {
    const before = this.index.byId(entry.id)?.entry;
    this.place(entry);
    this.freed(before);
  }

  private place(entry: MountEntry): void {
    const known = this.index.byId(entry.id);
    if (known !== undefined && sameMount(known.entry, entry)) {
      this.index.put(Object.freeze({ ...known, entry }));
      return;
    }
    const type = this.types.get(typeKey(entry.kind, entry.type));
    if (type === undefined) this.report("a mount has a type that this server does not know", entry, undefined);
    else if (!entry.local && this.isLocal(entry.path)) this.shadow(entry);
    else {
      const rivals = entry.local ? this.index.sharedUnder(entry.path) : [];
      for (const rival of rivals) this.shadow(rival);
      const rival = this.index.byPath(entry.path);
      if (rival !== undefined) this.index.remove(rival.entry.id);
      this.shadowed.remove(entry.id);
      this.index.put(openMount(entry, type, this.views, this.environment));
    }
  }

  private remove(mountId: string): void {
    const before = this.index.byId(mountId)?.entry;
    this.index.remove(mountId);
    this.shadowed.remove(mountId);
    this.freed(before);
  }

  /** Whether a local mount of this cluster holds the path. What its clients write there must never leave it. */
  private isLocal(path: string): boolean {
    return this.index.enclosing(path).some(({ entry }) => entry.local);
  }

  /** Out of the table until the path is free; what is stored stays. */
  private shadow(entry: MountEntry): void {
    this.index.remove(entry.id);
    this.shadowed.put(entry);
    this.report("a shared mount is not served: a local one of this cluster holds its path", entry, undefined);
  }

  /**
   * Only a local mount that goes, or moves, lets what it shadowed be served. A shared mount that is served again frees no path and
   * takes none, so one pass is enough.
   */
  private freed(before: MountEntry | undefined): void {
    if (before?.local !== true || this.index.byPath(before.path)?.entry.local === true) return;
    for (const entry of this.shadowed.under(before.path)) {
      if (this.isLocal(entry.path)) continue;
      this.shadowed.remove(entry.id);
      this.place(entry);
    }
  }

  private async reload(mountIds: readonly string[]): Promise<void> {
    const { store } = this;
    for (const mountId of mountIds) {
      try {
        const entry = await store.read(mountId);
        if (store !== this.store) return;
        if (entry !== undefined) this.put(entry);
        else await this.forget(mountId);
      } catch (error) {
        if (!isServerError(error, "sealed")) this.report("a mount entry cannot be read", this.byId(mountId), error);
      }
    }
  }

  /** Another cluster disabled it: what this cluster alone has of it goes too. A built-in mount returns to its defaults. */
  private async forget(mountId: string): Promise<void> {
    const known = this.index.byId(mountId)?.entry ?? this.shadowed.get(mountId);
    if (known === undefined) return;
    if (isBuiltIn(mountId)) {
      const initial = unsealedMounts.find((entry) => entry.id === mountId);
      if (initial !== undefined) this.put(initial);
      return;
    }
    this.remove(mountId);
    if (classOf(known) === "local" || this.options.replication.state().performance !== "secondary") return;
    await this.store.removeData(mountId, "local");
  }

  private report(message: string, entry: MountEntry | undefined, error: unknown): void {
    const reason = error instanceof Error ? error.message : undefined;
    this.options.logger.log("error", message, { mount: entry?.path, type: entry?.type, reason });
  }
}

function typeKey(kind: MountKind, type: string): string {
  return `${kind}/${type}`;
}
