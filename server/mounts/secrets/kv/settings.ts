import { ServerError } from "../../../sdk/errors";

/** Settings of a mount; `path-config.ts` says what they mean. */
export interface Settings {
  /** 0: the default. */
  readonly maxVersions: number;
  readonly casRequired: boolean;
  /** 0: never; below 0: never, whatever a key says. */
  readonly deleteVersionAfterSeconds: number;
}

export const settingsDefault: Settings = { maxVersions: 0, casRequired: false, deleteVersionAfterSeconds: 0 };

const MAX_VERSIONS_DEFAULT = 10;

/** Dropping all versions of a key must fit in one commit. */
export const MAX_VERSIONS_LIMIT = 5_000;

/** How many versions of a key stay: the larger one of the mount's and the key's setting, 10 where neither says. */
export function versionsKept(settings: Settings, keyMaxVersions: number): number {
  const kept = Math.max(settings.maxVersions, keyMaxVersions);
  return kept > 0 ? kept : MAX_VERSIONS_DEFAULT;
}

/** When a version made now deletes itself: after the shorter one of the mount's and the key's setting. */
export function deletionTimeOf(settings: Settings, keySeconds: number, nowMilliseconds: number): number | undefined {
  if (settings.deleteVersionAfterSeconds < 0) return undefined;
  const set = [settings.deleteVersionAfterSeconds, keySeconds].filter((seconds) => seconds > 0);
  return set.length === 0 ? undefined : nowMilliseconds + Math.min(...set) * 1000;
}

/** @throws invalid_request */
export function checkMaxVersions(maxVersions: number): number {
  if (maxVersions < 0 || maxVersions > MAX_VERSIONS_LIMIT) {
    throw new ServerError("invalid_request", `max_versions must be from 0 to ${MAX_VERSIONS_LIMIT}`);
  }
  return maxVersions;
}

export function encodeSettings(settings: Settings): Buffer {
  return Buffer.from(
    JSON.stringify([1, settings.maxVersions, settings.casRequired, settings.deleteVersionAfterSeconds]),
  );
}

const decoded = new WeakMap<Buffer, Settings>();

/** Remembers the result as long as the cache keeps the buffer. @throws corrupt */
export function decodeSettings(bytes: Buffer): Settings {
  const known = decoded.get(bytes);
  if (known !== undefined) return known;
  const stored: unknown = JSON.parse(bytes.toString("utf8"));
  if (!isStored(stored)) throw new ServerError("corrupt", { detail: "kv settings of an unknown form" });
  const settings = { maxVersions: stored[1], casRequired: stored[2], deleteVersionAfterSeconds: stored[3] };
  decoded.set(bytes, settings);
  return settings;
}

type Stored = readonly [format: 1, maxVersions: number, casRequired: boolean, deleteVersionAfterSeconds: number];

function isStored(value: unknown): value is Stored {
  return Array.isArray(value) && value[0] === 1 && value.length === 4;
}
