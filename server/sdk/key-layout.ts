import type { KeyClass } from "./log";

/**
 * The key space inside the barrier, decided in one place because filters, snapshots and checksums depend on it.
 *
 *   mounts/<mount id>        entry of one secrets or auth mount (class `replicated`; `local` for local mounts)
 *   data/<mount id>/...      the mount's own data (either class)
 *   core/...                 everything that belongs to no mount: core/policy/<name>, core/token/..., core/lease/...
 *
 * In a storage a key is `g/<generation>/<class letter>/<key>`; the authenticated data of its ciphertext is
 * `<class letter>/<key>`, so bytes stay valid in another generation and on another cluster, and nowhere else.
 */
export const CORE_MOUNT_ID = "core";

const CLASS_LETTER: Readonly<Record<KeyClass, string>> = { replicated: "r", local: "l", node: "n" };

export function mountEntryKey(mountId: string): string {
  return `mounts/${mountId}`;
}

export function mountDataPrefix(mountId: string): string {
  return `data/${mountId}/`;
}

/** The mount a key (or a view's prefix) belongs to, `core` where it belongs to none. */
export function mountIdOfKey(key: string): string {
  // By hand: it is asked several times for every change of every key.
  const start = key.startsWith("data/") ? 5 : key.startsWith("mounts/") ? 7 : 0;
  if (start === 0) return CORE_MOUNT_ID;
  const slash = key.indexOf("/", start);
  return slash === start || start === key.length ? CORE_MOUNT_ID : key.slice(start, slash < 0 ? undefined : slash);
}

/** `<class letter>/<key>`: what the ciphertext is bound to. */
export function authenticatedPath(keyClass: KeyClass, key: string): string {
  return `${CLASS_LETTER[keyClass]}/${key}`;
}

export function classOfLetter(letter: string): KeyClass | undefined {
  if (letter === "r") return "replicated";
  if (letter === "l") return "local";
  return letter === "n" ? "node" : undefined;
}

/** Where the key lies in the storage. */
export function storageKey(generation: string, keyClass: KeyClass, key: string): string {
  return `g/${generation}/${CLASS_LETTER[keyClass]}/${key}`;
}

/** Where the log and the index of a generation keep their records; `r`, `l` and `n` are taken by the classes. */
export function generationRecordPrefix(generation: string, area: "log" | "index" | "journal" | "state"): string {
  return `g/${generation}/${{ log: "w", index: "i", journal: "j", state: "x" }[area]}/`;
}

/** Whether the key lies in one of the three areas above: nothing else may be stored. */
export function isLaidOutKey(key: string): boolean {
  const [area, id, rest] = key.split("/", 3);
  if (id === undefined || id === "") return false;
  if (area === "data") return rest !== undefined && key.length > mountDataPrefix(id).length;
  return area === "core" || (area === "mounts" && rest === undefined);
}
