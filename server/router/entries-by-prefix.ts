import type { MountEntry } from "../sdk/mounts";

/** Mount entries by all that their paths begin with: what lies at a path and below it is found without a look at the others. */
export class EntriesByPrefix {
  private readonly byPrefix = new Map<string, Map<string, MountEntry>>();

  add(entry: MountEntry): void {
    for (const prefix of prefixesOf(entry.path)) {
      const entries = this.byPrefix.get(prefix) ?? new Map<string, MountEntry>();
      this.byPrefix.set(prefix, entries.set(entry.id, entry));
    }
  }

  /** @param entry with the path that it was added with */
  remove(entry: MountEntry): void {
    for (const prefix of prefixesOf(entry.path)) {
      const entries = this.byPrefix.get(prefix);
      entries?.delete(entry.id);
      if (entries?.size === 0) this.byPrefix.delete(prefix);
    }
  }

  clear(): void {
    this.byPrefix.clear();
  }

  /** @param path a mount's, so with a slash at its end */
  under(path: string): readonly MountEntry[] {
    return [...(this.byPrefix.get(path)?.values() ?? [])];
  }
}

/** `a/` and `a/b/` of `a/b/`. */
export function prefixesOf(path: string): readonly string[] {
  const prefixes: string[] = [];
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
    prefixes.push(path.slice(0, slash + 1));
  }
  return prefixes;
}
