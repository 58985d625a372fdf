import { ServerError } from "../../../sdk/errors";

/** One version of a secret. Times in milliseconds since the Unix epoch. */
export interface VersionMetadata {
  readonly createdAtMilliseconds: number;
  /** From then on the version counts as deleted; undefined: never. */
  readonly deletionAtMilliseconds: number | undefined;
  readonly destroyed: boolean;
}

/** Everything about a secret but its data. Never changed in place: it is shared with readers. */
export interface KeyMetadata {
  readonly createdAtMilliseconds: number;
  readonly updatedAtMilliseconds: number;
  /** 0 while only metadata was written. */
  readonly currentVersion: number;
  /** 0 until the first version was dropped. */
  readonly oldestVersion: number;
  /** 0: the mount's setting. */
  readonly maxVersions: number;
  readonly casRequired: boolean;
  /** 0: the mount's setting. */
  readonly deleteVersionAfterSeconds: number;
  readonly customMetadata: ReadonlyMap<string, string> | undefined;
  /** Ascending. */
  readonly versions: ReadonlyMap<number, VersionMetadata>;
}

export function newKeyMetadata(nowMilliseconds: number): KeyMetadata {
  return {
    createdAtMilliseconds: nowMilliseconds,
    updatedAtMilliseconds: nowMilliseconds,
    currentVersion: 0,
    oldestVersion: 0,
    maxVersions: 0,
    casRequired: false,
    deleteVersionAfterSeconds: 0,
    customMetadata: undefined,
    versions: new Map(),
  };
}

export function isReadable(version: VersionMetadata, nowMilliseconds: number): boolean {
  return !version.destroyed && !isDeleted(version, nowMilliseconds);
}

export function isDeleted(version: VersionMetadata, nowMilliseconds: number): boolean {
  return version.deletionAtMilliseconds !== undefined && version.deletionAtMilliseconds <= nowMilliseconds;
}

/**
 * Adds the next version and drops those that are more than `keepMax` behind.
 * @returns the new metadata, and the numbers whose data must go
 */
export function addVersion(
  metadata: KeyMetadata,
  version: VersionMetadata,
  keepMax: number,
): { readonly metadata: KeyMetadata; readonly dropped: readonly number[] } {
  const current = metadata.currentVersion + 1;
  const versions = new Map(metadata.versions).set(current, version);
  const dropped = [...versions.keys()].filter((number) => number <= current - keepMax);
  for (const number of dropped) versions.delete(number);
  const isFull = current - metadata.oldestVersion >= keepMax;
  return {
    dropped,
    metadata: {
      ...metadata,
      updatedAtMilliseconds: version.createdAtMilliseconds,
      currentVersion: current,
      oldestVersion: isFull ? Math.max(metadata.oldestVersion, current - keepMax + 1) : metadata.oldestVersion,
      versions,
    },
  };
}

/** Stored form, version 1: arrays, so that no name of a user's becomes a property. */
type Stored = readonly [
  format: 1,
  createdAt: number,
  updatedAt: number,
  current: number,
  oldest: number,
  maxVersions: number,
  casRequired: boolean,
  deleteVersionAfter: number,
  customMetadata: readonly (readonly [string, string])[] | null,
  versions: readonly (readonly [number: number, createdAt: number, deletionAt: number | null, destroyed: boolean])[],
];

export function encodeKeyMetadata(metadata: KeyMetadata): Buffer {
  const stored: Stored = [
    1,
    metadata.createdAtMilliseconds,
    metadata.updatedAtMilliseconds,
    metadata.currentVersion,
    metadata.oldestVersion,
    metadata.maxVersions,
    metadata.casRequired,
    metadata.deleteVersionAfterSeconds,
    metadata.customMetadata === undefined ? null : [...metadata.customMetadata],
    [...metadata.versions].map(([number, version]) => [
      number,
      version.createdAtMilliseconds,
      version.deletionAtMilliseconds ?? null,
      version.destroyed,
    ]),
  ];
  return Buffer.from(JSON.stringify(stored));
}

const decoded = new WeakMap<Buffer, KeyMetadata>();

/** Remembers the result as long as the cache keeps the buffer. @throws corrupt */
export function decodeKeyMetadata(bytes: Buffer): KeyMetadata {
  const known = decoded.get(bytes);
  if (known !== undefined) return known;
  const metadata = fromStored(JSON.parse(bytes.toString("utf8")));
  decoded.set(bytes, metadata);
  return metadata;
}

function isStored(value: unknown): value is Stored {
  return Array.isArray(value) && value[0] === 1 && value.length === 10 && Array.isArray(value[9]);
}

function fromStored(stored: unknown): KeyMetadata {
  if (!isStored(stored)) throw new ServerError("corrupt", { detail: "key metadata of an unknown form" });
  const [, createdAt, updatedAt, current, oldest, maxVersions, casRequired, deleteAfter, custom, versions] = stored;
  return {
    createdAtMilliseconds: createdAt,
    updatedAtMilliseconds: updatedAt,
    currentVersion: current,
    oldestVersion: oldest,
    maxVersions,
    casRequired,
    deleteVersionAfterSeconds: deleteAfter,
    customMetadata: custom === null ? undefined : new Map(custom),
    versions: new Map(
      versions.map(([number, created, deletion, destroyed]) => [
        number,
        { createdAtMilliseconds: created, deletionAtMilliseconds: deletion ?? undefined, destroyed },
      ]),
    ),
  };
}
