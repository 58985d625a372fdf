import { ServerError } from "../sdk/errors";
import type { Logger } from "../sdk/logger";
import type { MountType } from "../sdk/mount";
import type { EnableRequest, MountConfig, MountEntry, MountKind, TuneRequest } from "../sdk/mounts";
import type { Random } from "../sdk/random";
import { SerialTasks } from "../sdk/serial-tasks";
import { isBuiltIn, systemMount } from "./built-in-mounts";
import { defaultMountConfig } from "./mount-entry";
import { checkMountPath, checkPathIsFree, withSlash } from "./mount-paths";
import type { MountStore } from "./mount-store";
import { classOf } from "./mount-store";

/** What the changes need of the live table. */
export interface MountChangesPorts {
  readonly store: MountStore;
  readonly random: Random;
  readonly logger: Logger;
  entries(): readonly MountEntry[];
  typeOf(kind: MountKind, type: string): MountType | undefined;
  typeNames(kind: MountKind): readonly string[];
  put(entry: MountEntry): void;
  remove(mountId: string): void;
}

/** Enable, disable, tune and remount, one after the other: two at once could take one path. */
export class MountChanges {
  private readonly changes = new SerialTasks();

  constructor(private readonly ports: MountChangesPorts) {}

  enable(request: EnableRequest): Promise<MountEntry> {
    return this.changes.run(async () => {
      const entry = this.newEntry(request);
      await this.ports.store.write(entry);
      this.ports.put(entry);
      return entry;
    });
  }

  removable(path: string): MountEntry | undefined {
    const entry = this.find(path);
    if (entry !== undefined && isBuiltIn(entry.id)) {
      throw new ServerError("invalid_request", `cannot unmount ${entry.path}`);
    }
    return entry;
  }

  disable(path: string): Promise<void> {
    return this.changes.run(async () => {
      const entry = this.removable(path);
      if (entry === undefined) return;
      await this.ports.store.beginRemoval(entry);
      this.ports.remove(entry.id);
      await this.ports.store.finishRemoval(entry.id, classOf(entry));
    });
  }

  tune(path: string, request: TuneRequest): Promise<void> {
    return this.changes.run(async () => {
      const entry = this.existing(path);
      if (entry.id === systemMount.id) throw new ServerError("invalid_request", `cannot tune ${entry.path}`);
      const options = request.options === undefined ? entry.options : mergeOptions(entry.options, request.options);
      this.ports.typeOf(entry.kind, entry.type)?.checkOptions?.(options);
      const changed: MountEntry = Object.freeze({
        ...entry,
        description: request.description ?? entry.description,
        options,
        config: mergeConfig(entry.config, request.config),
      });
      await this.ports.store.write(changed);
      this.ports.put(changed);
    });
  }

  movable(from: string, to: string): MountEntry {
    const entry = this.existing(from);
    if (isBuiltIn(entry.id)) throw new ServerError("invalid_request", `cannot remount ${entry.path}`);
    const path = checkMountPath(entry.kind, to);
    checkPathIsFree(path, this.ports.entries());
    return Object.freeze({ ...entry, path });
  }

  remount(from: string, to: string): Promise<void> {
    return this.changes.run(async () => {
      const moved = this.movable(from, to);
      await this.ports.store.write(moved);
      this.ports.put(moved);
    });
  }

  /** Failing here is no reason not to open: the note stays, and the next start tries again. */
  async resumeRemovals(): Promise<void> {
    try {
      for (const { mountId, keyClass } of await this.ports.store.pendingRemovals()) {
        await this.ports.store.finishRemoval(mountId, keyClass);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.ports.logger.log("warn", "removing the data of a disabled mount is not finished", { reason });
    }
  }

  private find(path: string): MountEntry | undefined {
    const settled = withSlash(path);
    return this.ports.entries().find((entry) => entry.path === settled);
  }

  private existing(path: string): MountEntry {
    const entry = this.find(path);
    if (entry === undefined) throw new ServerError("invalid_request", "no mount at this path");
    return entry;
  }

  private newEntry(request: EnableRequest): MountEntry {
    const { kind } = request;
    const path = checkMountPath(kind, request.path);
    const type = this.mountable(kind, request.type);
    const options = request.options ?? new Map<string, string>();
    type.checkOptions?.(options);
    checkPathIsFree(path, this.ports.entries());
    const prefix = kind === "auth" ? "auth_" : "";
    return Object.freeze({
      id: this.ports.random.uuid(),
      path,
      kind,
      type: type.type,
      description: request.description ?? "",
      accessor: `${prefix}${type.type}_${this.ports.random.bytes(4).toString("hex")}`,
      local: request.local ?? false,
      sealWrap: request.sealWrap ?? false,
      options,
      config: mergeConfig(defaultMountConfig, request.config),
    });
  }

  private mountable(kind: MountKind, name: string): MountType {
    const type = this.ports.typeOf(kind, name);
    if (type !== undefined && type.singleton !== true) return type;
    const what = kind === "auth" ? "auth method" : "secrets engine";
    const known = this.ports.typeNames(kind).join(", ");
    throw new ServerError("invalid_request", `plugin not found in the catalog: the type of ${what} may be: ${known}`);
  }
}

/** Another version would read the stored data as something it is not. */
function mergeOptions(
  before: ReadonlyMap<string, string>,
  change: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  if (change.has("version") && change.get("version") !== (before.get("version") ?? "1")) {
    throw new ServerError("invalid_request", "the version of a mount cannot be changed after it was enabled");
  }
  return new Map([...before, ...change]);
}

function mergeConfig(before: MountConfig, change: Partial<MountConfig> | undefined): MountConfig {
  const merged = { ...before, ...change };
  const { defaultLeaseTtlSeconds, maxLeaseTtlSeconds } = merged;
  if (maxLeaseTtlSeconds > 0 && defaultLeaseTtlSeconds > maxLeaseTtlSeconds) {
    throw new ServerError("invalid_request", "default_lease_ttl is larger than max_lease_ttl");
  }
  return Object.freeze(merged);
}
