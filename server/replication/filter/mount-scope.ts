import { CORE_MOUNT_ID, mountEntryKey } from "../../sdk/key-layout";
import type { LogEntry } from "../../sdk/log";
import type { PathsFilter } from "../../sdk/replication-admin";

/** Where a mount is mounted now: undefined when there is no such mount (any more). Reads what is stored, so it is never behind. */
export type MountPathOf = (mountId: string) => Promise<string | undefined>;

/** Without these a secondary could not work; they are the same everywhere. */
const NEVER_FILTERED: ReadonlySet<string> = new Set(["cubbyhole/", "sys/", "identity/", "auth/token/"]);

export function isNeverFiltered(path: string): boolean {
  return NEVER_FILTERED.has(path);
}

/** Whether a filter lets a mount path through. */
export function filterAllows(filter: PathsFilter, path: string): boolean {
  if (isNeverFiltered(path)) return true;
  return filter.paths.includes(path) === (filter.mode === "allow");
}

/**
 * Which mounts one secondary gets. A mount is excluded until it was decided about, so a mount that nobody knows any more is
 * never sent; a decision stands until its mount entry changes. Without a filter everything is included.
 */
export class MountScope {
  private readonly decisions = new Map<string, boolean>();

  constructor(
    readonly filter: PathsFilter | undefined,
    private readonly pathOf: MountPathOf,
  ) {}

  readonly includes = (mountId: string): boolean =>
    this.filter === undefined || mountId === CORE_MOUNT_ID || this.decisions.get(mountId) === true;

  isDecided(mountId: string): boolean {
    return this.filter === undefined || mountId === CORE_MOUNT_ID || this.decisions.has(mountId);
  }

  /** Decides, or decides again. @returns whether an earlier decision was turned round */
  async decide(mountId: string): Promise<boolean> {
    if (this.filter === undefined || mountId === CORE_MOUNT_ID) return false;
    const path = await this.pathOf(mountId);
    const before = this.decisions.get(mountId);
    // A mount that is gone keeps its decision: its last deletions have to reach those who hold it.
    if (path === undefined) return false;
    const included = filterAllows(this.filter, path);
    this.decisions.set(mountId, included);
    return before !== undefined && before !== included;
  }

  /** Decides about the mounts of an entry as far as it may have changed that. @returns whether an earlier decision was turned round */
  async isTurnedBy(entry: LogEntry): Promise<boolean> {
    let turned = false;
    for (const { mountId, key, value } of entry.operations) {
      const changesEntry = key === mountEntryKey(mountId) && value !== undefined;
      if (changesEntry || !this.isDecided(mountId)) turned = (await this.decide(mountId)) || turned;
    }
    return turned;
  }

  /** Decides again about mounts that something was read of: it is not sent where one was moved since. @returns as `decide` */
  async isTurned(mountIds: Iterable<string>): Promise<boolean> {
    let turned = false;
    for (const mountId of new Set(mountIds)) turned = (await this.decide(mountId)) || turned;
    return turned;
  }

  /** Decides about what was not decided yet; `again` about everything. */
  async decideAll(mountIds: Iterable<string>, again = false): Promise<void> {
    for (const mountId of mountIds) {
      if (again || !this.isDecided(mountId)) await this.decide(mountId);
    }
  }
}
