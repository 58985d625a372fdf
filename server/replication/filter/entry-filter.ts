import type { IncludeMount, LogEntry, LoggedClass, ReplicationMode } from "../../sdk/log";

/** Classes that a secondary of the mode gets. */
export const CLASSES_OF_MODE: Readonly<Record<ReplicationMode, readonly LoggedClass[]>> = {
  performance: ["replicated"],
  dr: ["replicated", "local"],
};

/** The entry without what the secondary does not get: itself where it gets everything; undefined when nothing is left of it. */
export function filterEntry(entry: LogEntry, mode: ReplicationMode, includes: IncludeMount): LogEntry | undefined {
  const classes = CLASSES_OF_MODE[mode];
  const kept = (item: { readonly class: LoggedClass; readonly mountId: string }): boolean =>
    classes.includes(item.class) && includes(item.mountId);
  const operations = entry.operations.filter(kept);
  if (operations.length === 0) return undefined;
  if (operations.length === entry.operations.length) return entry;
  return { ...entry, operations, indexDelta: entry.indexDelta.filter(kept) };
}
