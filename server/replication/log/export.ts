import { authenticatedPath, CORE_MOUNT_ID, classOfLetter, mountIdOfKey } from "../../sdk/key-layout";
import type { ExportChunk, ExportedPair, ExportRequest, IncludeMount, LoggedClass } from "../../sdk/log";
import type { LogStore } from "./log-store";

const SCAN_LIMIT = 256;
const ORDER: readonly LoggedClass[] = ["local", "replicated"];

/**
 * The next pairs of a walk over the key range. Holds no reader of the storage between chunks, so it may take as long as it
 * likes; what changes meanwhile is in the log after `readAtIndex`.
 */
export async function exportChunk(store: LogStore, request: ExportRequest): Promise<ExportChunk> {
  const readAtIndex = store.state.lastIndex;
  const classes = ORDER.filter((keyClass) => request.classes.includes(keyClass));
  const start = startOf(request.after);
  const pairs: ExportedPair[] = [];
  let bytes = 0;
  for (const keyClass of classes.slice(start === undefined ? 0 : Math.max(0, classes.indexOf(start.class)))) {
    let after = start?.class === keyClass ? start.key : undefined;
    for (;;) {
      const scanned = await store.scanCiphertexts(keyClass, "", after, SCAN_LIMIT);
      for (const { key, value } of scanned) {
        after = key;
        const mountId = mountIdOfKey(key);
        if (!request.includeMount(mountId)) continue;
        pairs.push({ class: keyClass, mountId, key, value });
        bytes += value.length + key.length;
        if (pairs.length >= request.limitPairs || bytes >= request.limitBytes) {
          return { pairs, readAtIndex, next: authenticatedPath(keyClass, key) };
        }
      }
      if (scanned.length < SCAN_LIMIT) break;
      if (after !== undefined) after = passExcluded(after, request.includeMount);
    }
  }
  return { pairs, readAtIndex, next: undefined };
}

/** Where a walk goes on behind `key`: behind the whole mount when that is left out, so that its values are not even read. */
function passExcluded(key: string, includeMount: IncludeMount): string {
  const mountId = mountIdOfKey(key);
  const area = mountId === CORE_MOUNT_ID ? "core" : `data/${mountId}`;
  // "0" is the character after "/": behind all keys of the area, before those of any other.
  return includeMount(mountId) || !key.startsWith(`${area}/`) ? key : `${area}0`;
}

function startOf(after: string | undefined): { class: LoggedClass; key: string } | undefined {
  if (after === undefined) return undefined;
  const keyClass = classOfLetter(after.slice(0, 1));
  if (keyClass === undefined || keyClass === "node" || after[1] !== "/")
    throw new RangeError("not a place in an export");
  return { class: keyClass, key: after.slice(2) };
}
