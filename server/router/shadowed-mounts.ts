import type { MountEntry } from "../sdk/mounts";
import { EntriesByPrefix } from "./entries-by-prefix";

/** Shared mounts whose path a local mount of this cluster holds: stored, and asked for by nobody. */
export class ShadowedMounts {
  private readonly byId = new Map<string, MountEntry>();
  private readonly byPrefix = new EntriesByPrefix();

  get(mountId: string): MountEntry | undefined {
    return this.byId.get(mountId);
  }

  put(entry: MountEntry): void {
    this.remove(entry.id);
    this.byId.set(entry.id, entry);
    this.byPrefix.add(entry);
  }

  remove(mountId: string): void {
    const entry = this.byId.get(mountId);
    if (entry === undefined) return;
    this.byId.delete(mountId);
    this.byPrefix.remove(entry);
  }

  clear(): void {
    this.byId.clear();
    this.byPrefix.clear();
  }

  /** Those at the path and below it. */
  under(path: string): readonly MountEntry[] {
    return this.byPrefix.under(path);
  }
}
