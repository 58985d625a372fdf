import type { JsonObject, JsonValue } from "../../../sdk/json";

/** JSON Merge Patch (RFC 7396) of an object: null removes a member, objects merge, everything else replaces. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged: JsonObject = new Map(target);
  for (const [name, change] of patch) {
    if (change === null) merged.delete(name);
    else merged.set(name, patched(merged.get(name), change));
  }
  return merged;
}

function patched(target: JsonValue | undefined, change: JsonValue): JsonValue {
  if (!(change instanceof Map)) return change;
  return mergePatch(target instanceof Map ? target : new Map(), change);
}
