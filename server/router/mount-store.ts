import { mountDataPrefix } from "../sdk/key-layout";
import type { LoggedClass } from "../sdk/log";
import type { MountEntry } from "../sdk/mounts";
import type { View } from "../sdk/view";
import type { ViewSource } from "./mount";
import { decodeMountEntry, encodeMountEntry } from "./mount-entry";

const PAGE = 500;
const CLASSES: readonly LoggedClass[] = ["replicated", "local"];

/**
 * Mount entries and removals in the barrier, one key each. A removal is noted in the commit that takes the entry away, so
 * that a crash in the middle of removing the data is made good at the next start.
 */
export class MountStore {
  constructor(private readonly views: ViewSource) {}

  private entryView(keyClass: LoggedClass): View {
    return this.views.view("mounts/", keyClass);
  }

  private removalView(keyClass: LoggedClass): View {
    return this.views.view("core/mount-removal/", keyClass);
  }

  async readAll(): Promise<readonly MountEntry[]> {
    const entries: MountEntry[] = [];
    for (const keyClass of CLASSES) {
      const view = this.entryView(keyClass);
      for await (const id of allKeys(view)) {
        const entry = await readEntry(view, id);
        if (entry !== undefined) entries.push(entry);
      }
    }
    return entries;
  }

  async read(id: string): Promise<MountEntry | undefined> {
    return (await readEntry(this.entryView("replicated"), id)) ?? (await readEntry(this.entryView("local"), id));
  }

  async write(entry: MountEntry): Promise<void> {
    const view = this.entryView(classOf(entry));
    await view.commit([view.put(entry.id, encodeMountEntry(entry))]);
  }

  /** Takes the entry away and notes that its data is to go. */
  async beginRemoval(entry: MountEntry): Promise<void> {
    const view = this.entryView(classOf(entry));
    const removals = this.removalView(classOf(entry));
    await view.commit([view.delete(entry.id), removals.put(entry.id, Buffer.alloc(0))]);
  }

  /** Removes data of one class in bounded commits. */
  async removeData(mountId: string, keyClass: LoggedClass): Promise<void> {
    const data = this.views.view(mountDataPrefix(mountId), keyClass);
    for (;;) {
      const keys = await data.listAll("", { limit: PAGE });
      if (keys.length > 0) await data.commit(keys.map((key) => data.delete(key)));
      if (keys.length < PAGE) return;
    }
  }

  async finishRemoval(mountId: string, keyClass: LoggedClass): Promise<void> {
    if (keyClass === "replicated") await this.removeData(mountId, "replicated");
    await this.removeData(mountId, "local");
    const removals = this.removalView(keyClass);
    await removals.commit([removals.delete(mountId)]);
  }

  /** Removals that a crash interrupted. */
  async pendingRemovals(): Promise<readonly { readonly mountId: string; readonly keyClass: LoggedClass }[]> {
    const pending: { mountId: string; keyClass: LoggedClass }[] = [];
    for (const keyClass of CLASSES) {
      for await (const mountId of allKeys(this.removalView(keyClass))) pending.push({ mountId, keyClass });
    }
    return pending;
  }
}

export function classOf(entry: MountEntry): LoggedClass {
  return entry.local ? "local" : "replicated";
}

async function readEntry(view: View, id: string): Promise<MountEntry | undefined> {
  const stored = await view.get(id);
  return stored === undefined ? undefined : decodeMountEntry(`mounts/${id}`, stored.value);
}

async function* allKeys(view: View): AsyncGenerator<string> {
  let after: string | undefined;
  for (;;) {
    const keys = await view.listAll("", after === undefined ? { limit: PAGE } : { limit: PAGE, after });
    yield* keys;
    if (keys.length < PAGE) return;
    after = keys[keys.length - 1];
  }
}
