import { isServerError, ServerError } from "../../../sdk/errors";
import type { MountContext } from "../../../sdk/mount";
import type { View, WriteOperation } from "../../../sdk/view";
import { decodeKeyMetadata, encodeKeyMetadata, type KeyMetadata } from "./key-metadata";
import { decodeSettings, encodeSettings, type Settings, settingsDefault } from "./settings";
import { writersOf } from "./writers";

/**
 * Keys of a version 2 mount: `config`, `metadata/<path>`, and `versions/<number>/<path>` with the data's JSON text. A write
 * changes the metadata and its versions in one commit, on condition that the metadata is still the one that was read.
 */
export const CONFIG_KEY = "config";
export const METADATA_PREFIX = "metadata/";
export const VERSIONS_PREFIX = "versions/";
/** Only writers of other processes get in between, so few are normal; one that is always a little later must get its turn. */
const CONFLICTS_MAX = 32;

/** UTF-8 bytes of a secret's path: with what the layers below add to it, it is a key that every storage takes. */
export const PATH_BYTES_MAX = 1_600;

export function metadataKey(path: string): string {
  return METADATA_PREFIX + path;
}

export function versionKey(path: string, version: number): string {
  return `${VERSIONS_PREFIX}${version}/${path}`;
}

export async function readSettings(storage: View): Promise<Settings> {
  const stored = storage.peek(CONFIG_KEY) ?? (await storage.get(CONFIG_KEY));
  return stored === undefined ? settingsDefault : decodeSettings(stored.value);
}

/** Changes the settings; called again when somebody else changed them in between. */
export async function updateSettings(context: MountContext, change: (settings: Settings) => Settings): Promise<void> {
  const { storage } = context;
  await retryOnConflict(async () => {
    const stored = await storage.get(CONFIG_KEY);
    const settings = change(stored === undefined ? settingsDefault : decodeSettings(stored.value));
    const condition = { ifRevision: stored?.revision ?? 0 };
    await storage.commit([storage.put(CONFIG_KEY, encodeSettings(settings), condition)]);
  });
}

export async function readMetadata(storage: View, path: string): Promise<KeyMetadata | undefined> {
  const key = metadataKey(path);
  const stored = storage.peek(key) ?? (await storage.get(key));
  return stored && decodeKeyMetadata(stored.value);
}

/** What a change of a secret leads to. */
export interface SecretChange<Result> {
  readonly result: Result;
  /** New metadata; "delete" removes it; undefined: nothing is written. */
  readonly metadata: KeyMetadata | "delete" | undefined;
  readonly putVersion?: { readonly version: number; readonly data: Buffer };
  readonly deleteVersions?: readonly number[];
}

/**
 * Changes a secret in one conditional commit; `decide` is called again with the new metadata when somebody else was faster.
 * @throws write_conflict when that happens too often
 */
export function updateSecret<Result>(
  context: MountContext,
  path: string,
  decide: (metadata: KeyMetadata | undefined) => Promise<SecretChange<Result>> | SecretChange<Result>,
): Promise<Result> {
  const { storage } = context;
  return writersOf(context).run(path, () =>
    retryOnConflict(async () => {
      const stored = await storage.get(metadataKey(path));
      const change = await decide(stored && decodeKeyMetadata(stored.value));
      const operations = operationsOf(storage, path, change, stored?.revision ?? 0);
      if (operations.length > 0) await storage.commit(operations);
      return change.result;
    }),
  );
}

function operationsOf(
  storage: View,
  path: string,
  change: SecretChange<unknown>,
  ifRevision: number,
): WriteOperation[] {
  const { metadata, putVersion, deleteVersions = [] } = change;
  if (metadata === undefined) return [];
  const key = metadataKey(path);
  const operations = [
    metadata === "delete"
      ? storage.delete(key, { ifRevision })
      : storage.put(key, encodeKeyMetadata(metadata), { ifRevision }),
  ];
  if (putVersion !== undefined) operations.push(storage.put(versionKey(path, putVersion.version), putVersion.data));
  for (const version of deleteVersions) operations.push(storage.delete(versionKey(path, version)));
  return operations;
}

async function retryOnConflict<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let conflicts = 0; ; conflicts++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isServerError(error, "write_conflict") || conflicts === CONFLICTS_MAX) throw error;
    }
  }
}

/** The version's JSON text. @throws corrupt when it is not there although the metadata says so */
export async function readVersion(storage: View, path: string, version: number): Promise<Buffer> {
  const key = versionKey(path, version);
  const stored = storage.peek(key) ?? (await storage.get(key));
  if (stored === undefined) throw new ServerError("corrupt", { detail: `data of version ${version} is missing` });
  return stored.value;
}
