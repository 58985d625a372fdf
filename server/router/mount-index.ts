import { compareBytes } from "../sdk/byte-order";
import type { MountEntry, MountKind } from "../sdk/mounts";
import { EntriesByPrefix, prefixesOf } from "./entries-by-prefix";
import type { Mount } from "./mount";

/** The live mounts by path, id and accessor. */
export class MountIndex {
  private readonly byPathMap = new Map<string, Mount>();
  private readonly byIdMap = new Map<string, Mount>();
  private readonly byAccessorMap = new Map<string, Mount>();
  private readonly shared = new EntriesByPrefix();
  /** How many slashes of a request path can end a mount's path. */
  private deepestSegments = 1;

  put(mount: Mount): void {
    this.remove(mount.entry.id);
    this.byPathMap.set(mount.entry.path, mount);
    this.byIdMap.set(mount.entry.id, mount);
    this.byAccessorMap.set(mount.entry.accessor, mount);
    if (!mount.entry.local) this.shared.add(mount.entry);
    this.deepestSegments = Math.max(this.deepestSegments, mount.entry.path.split("/").length - 1);
  }

  remove(mountId: string): void {
    const mount = this.byIdMap.get(mountId);
    if (mount === undefined) return;
    this.byIdMap.delete(mountId);
    this.byAccessorMap.delete(mount.entry.accessor);
    this.shared.remove(mount.entry);
    if (this.byPathMap.get(mount.entry.path) === mount) this.byPathMap.delete(mount.entry.path);
  }

  clear(): void {
    this.byPathMap.clear();
    this.byIdMap.clear();
    this.byAccessorMap.clear();
    this.shared.clear();
    this.deepestSegments = 1;
  }

  byId(mountId: string): Mount | undefined {
    return this.byIdMap.get(mountId);
  }

  byPath(path: string): Mount | undefined {
    return this.byPathMap.get(path);
  }

  /** The mounts at the path and at what it begins with, a mount's own path. */
  enclosing(path: string): readonly Mount[] {
    return prefixesOf(path).flatMap((prefix) => this.byPathMap.get(prefix) ?? []);
  }

  /** The shared mounts at the path and below it. */
  sharedUnder(path: string): readonly MountEntry[] {
    return this.shared.under(path);
  }

  byAccessor(accessor: string): Mount | undefined {
    return this.byAccessorMap.get(accessor);
  }

  entries(): readonly MountEntry[] {
    return [...this.byIdMap.values()].map((mount) => mount.entry);
  }

  mounts(): readonly Mount[] {
    return [...this.byIdMap.values()];
  }

  sorted(kind: MountKind): readonly MountEntry[] {
    const entries = this.entries().filter((entry) => entry.kind === kind);
    return entries.sort((left, right) => compareBytes(left.path, right.path));
  }

  /** The mount with the longest path that begins the request path; `secret` without a slash is at `secret/`. */
  longestPrefix(path: string): Mount | undefined {
    let found: Mount | undefined;
    let slash = path.indexOf("/");
    for (let segment = 0; segment < this.deepestSegments && slash >= 0; segment++) {
      found = this.byPathMap.get(path.slice(0, slash + 1)) ?? found;
      slash = path.indexOf("/", slash + 1);
    }
    return found ?? (path.endsWith("/") ? undefined : this.byPathMap.get(`${path}/`));
  }
}
