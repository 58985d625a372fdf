import { formatGoDuration } from "../../../sdk/duration";
import type { JsonObject } from "../../../sdk/json";
import type { MountContext } from "../../../sdk/mount";
import type { Outcome, ResponseData } from "../../../sdk/outcome";
import { pathsOf } from "../../../sdk/path";
import { formatTimestamp } from "../../../sdk/timestamp";
import { customMetadataOf, patchCustomMetadata } from "./custom-metadata";
import { folderPrefix, listFields, listPage, pathField } from "./fields";
import { type KeyMetadata, newKeyMetadata } from "./key-metadata";
import { checkMaxVersions } from "./settings";
import { customMetadataAnswer, deletionTimeAnswer, empty, notFound } from "./version-answer";
import { METADATA_PREFIX, readMetadata, readSettings, updateSecret } from "./versioned-store";

const declare = pathsOf<MountContext>();

export const metadataPath = declare({
  template: "metadata/{path...}",
  summary: "Settings and versions of a secret.",
  fields: {
    path: pathField,
    ...listFields,
    max_versions: { type: "integer", description: "Versions to keep. 0: the mount's setting." },
    cas_required: { type: "boolean", description: "Whether every write must carry the cas option." },
    delete_version_after: {
      type: "duration",
      description: "Time after which a version is deleted. 0: the mount's setting.",
    },
    custom_metadata: { type: "object", description: "Up to 64 pairs of text that describe the secret." },
  },
  exists: async ({ context, fields }) => (await readMetadata(context.storage, fields.path)) !== undefined,
  operations: {
    read: {
      summary: "Read the settings and the list of versions.",
      run: async ({ context, fields }) => {
        const metadata = await readMetadata(context.storage, fields.path);
        return metadata === undefined ? notFound : { kind: "data", data: metadataAnswer(metadata) };
      },
    },
    create: {
      summary: "Set the settings of a secret that has no version yet.",
      forward: true,
      responses: { 204: "Changed." },
      run: ({ context, fields }) => write(context, fields.path, fields),
    },
    update: {
      summary: "Change the settings that the request names.",
      forward: true,
      responses: { 204: "Changed." },
      run: ({ context, fields }) => write(context, fields.path, fields),
    },
    patch: {
      summary: "Change the settings that the request names; null clears one, also inside custom_metadata.",
      forward: true,
      responses: { 204: "Changed.", 404: "There is no such secret." },
      run: ({ context, fields, given }) => patch(context, fields.path, fields, given),
    },
    delete: {
      summary: "Remove the secret with all its versions for good.",
      forward: true,
      responses: { 204: "Removed, or it did not exist." },
      run: ({ context, fields }) =>
        updateSecret(context, fields.path, (metadata) => ({
          result: empty,
          metadata: metadata === undefined ? undefined : ("delete" as const),
          deleteVersions: [...(metadata?.versions.keys() ?? [])],
        })),
    },
    list: {
      summary: "List secrets and folders.",
      run: ({ context, fields }) => list(context, fields.path, fields),
    },
  },
});

export const metadataRootPath = declare({
  template: "metadata",
  summary: "The secrets and folders at the root of the mount.",
  fields: listFields,
  operations: {
    list: { summary: "List secrets and folders.", run: ({ context, fields }) => list(context, "", fields) },
  },
});

async function list(
  context: MountContext,
  path: string,
  fields: { readonly after: string | undefined; readonly limit: number | undefined },
): Promise<Outcome> {
  const keys = await context.storage.list(METADATA_PREFIX + folderPrefix(path), listPage(fields));
  return { kind: "list", keys };
}

function metadataAnswer(metadata: KeyMetadata): ResponseData {
  const versions = new Map<string, ResponseData>();
  for (const [number, version] of metadata.versions) {
    versions.set(String(number), {
      created_time: formatTimestamp(version.createdAtMilliseconds),
      deletion_time: deletionTimeAnswer(version),
      destroyed: version.destroyed,
    });
  }
  return {
    cas_required: metadata.casRequired,
    created_time: formatTimestamp(metadata.createdAtMilliseconds),
    current_version: metadata.currentVersion,
    custom_metadata: customMetadataAnswer(metadata),
    delete_version_after: formatGoDuration(metadata.deleteVersionAfterSeconds),
    max_versions: metadata.maxVersions,
    oldest_version: metadata.oldestVersion,
    updated_time: formatTimestamp(metadata.updatedAtMilliseconds),
    versions,
  };
}

interface Given {
  readonly max_versions: number | undefined;
  readonly cas_required: boolean | undefined;
  readonly delete_version_after: number | undefined;
  readonly custom_metadata: JsonObject | undefined;
}

type KeySettings = Pick<KeyMetadata, "maxVersions" | "casRequired" | "deleteVersionAfterSeconds" | "customMetadata">;

/** Only what the request names, checked. */
function settingsGiven(given: Given): Partial<KeySettings> {
  return {
    ...(given.max_versions === undefined ? {} : { maxVersions: checkMaxVersions(given.max_versions) }),
    ...(given.cas_required === undefined ? {} : { casRequired: given.cas_required }),
    ...(given.delete_version_after === undefined ? {} : { deleteVersionAfterSeconds: given.delete_version_after }),
    ...(given.custom_metadata === undefined ? {} : { customMetadata: customMetadataOf(given.custom_metadata) }),
  };
}

async function write(context: MountContext, path: string, given: Given): Promise<Outcome> {
  const change = settingsGiven(given);
  if (Object.keys(change).length === 0) return empty;
  const outcome = await outcomeOf(context, given);
  return updateSecret(context, path, (found) => ({
    result: outcome,
    metadata: { ...(found ?? newKeyMetadata(context.clock.nowMilliseconds())), ...change },
  }));
}

async function patch(context: MountContext, path: string, values: Given, given: ReadonlySet<string>): Promise<Outcome> {
  const { custom_metadata: customPatch, ...others } = values;
  const change = { ...cleared(given), ...settingsGiven({ ...others, custom_metadata: undefined }) };
  const outcome = await outcomeOf(context, values);
  return updateSecret(context, path, (metadata) => {
    if (metadata === undefined) return { result: notFound, metadata: undefined };
    const custom =
      customPatch === undefined ? {} : { customMetadata: patchCustomMetadata(metadata.customMetadata, customPatch) };
    return { result: outcome, metadata: { ...metadata, ...change, ...custom } };
  });
}

/** What the request carried as null; what it carried with a value is set on top of it. */
function cleared(given: ReadonlySet<string>): Partial<KeySettings> {
  return {
    ...(given.has("max_versions") ? { maxVersions: 0 } : {}),
    ...(given.has("cas_required") ? { casRequired: false } : {}),
    ...(given.has("delete_version_after") ? { deleteVersionAfterSeconds: 0 } : {}),
    ...(given.has("custom_metadata") ? { customMetadata: undefined } : {}),
  };
}

async function outcomeOf(context: MountContext, given: Given): Promise<Outcome> {
  if (given.cas_required !== false || !(await readSettings(context.storage)).casRequired) return empty;
  const warning = '"cas_required" set to false, but is mandated by backend config. This value will be ignored.';
  return { kind: "empty", warnings: [warning] };
}
