import { ServerError } from "../../../sdk/errors";
import { ExactNumber, type JsonObject, parseJson, RawJson, stringifyJson } from "../../../sdk/json";
import type { MountContext } from "../../../sdk/mount";
import type { Outcome } from "../../../sdk/outcome";
import { pathsOf } from "../../../sdk/path";
import { pathField } from "./fields";
import { addVersion, isDeleted, isReadable, type KeyMetadata, newKeyMetadata } from "./key-metadata";
import { mergePatch } from "./merge-patch";
import { readWithData } from "./read-version";
import { deletionTimeOf, type Settings, versionsKept } from "./settings";
import { empty, notFound, versionAnswer } from "./version-answer";
import { readMetadata, readSettings, readVersion, type SecretChange, updateSecret } from "./versioned-store";

const declare = pathsOf<MountContext>();

export const dataPath = declare({
  template: "data/{path...}",
  summary: "The data of a secret.",
  fields: {
    path: pathField,
    version: { type: "integer", description: "Version to read; the current one when it is missing or 0." },
    data: { type: "object", description: "What to store: any JSON object.", sensitive: true },
    options: {
      type: "object",
      description:
        "`cas`: write only if the current version is this number; 0: only if there is none. Required where cas_required is set.",
    },
  },
  exists: async ({ context, fields }) => (await readMetadata(context.storage, fields.path)) !== undefined,
  operations: {
    read: {
      summary: "Read a version.",
      responses: { 404: "No such version, or (with `data: null` and its metadata) it is deleted or destroyed." },
      run: ({ context, fields }) =>
        readWithData(context, fields.path, fields.version ?? 0, (text, metadata) => ({
          data: text === null ? null : new RawJson(text),
          metadata,
        })),
    },
    create: {
      summary: "Store the first version.",
      forward: true,
      run: ({ context, fields }) => write(context, fields.path, fields.options, fields.data),
    },
    update: {
      summary: "Store a new version.",
      forward: true,
      run: ({ context, fields }) => write(context, fields.path, fields.options, fields.data),
    },
    patch: {
      summary: "Store a new version: the current one with a JSON merge patch (RFC 7396) applied.",
      forward: true,
      responses: { 404: "There is no current version, or it is deleted or destroyed." },
      run: ({ context, fields }) => patch(context, fields.path, fields.options, fields.data),
    },
    delete: {
      summary: "Mark the current version as deleted. It can be undeleted.",
      forward: true,
      responses: { 204: "Deleted, or there was nothing to delete." },
      run: ({ context, fields }) => deleteCurrent(context, fields.path),
    },
  },
});

async function write(
  context: MountContext,
  path: string,
  options: JsonObject | undefined,
  data: JsonObject | undefined,
): Promise<Outcome> {
  if (data === undefined) throw noData();
  const text = Buffer.from(stringifyJson(data));
  const settings = await readSettings(context.storage);
  return updateSecret(context, path, (found) => {
    const metadata = found ?? newKeyMetadata(context.clock.nowMilliseconds());
    checkCas(options, settings, metadata);
    return newVersion(context, settings, metadata, text);
  });
}

async function patch(
  context: MountContext,
  path: string,
  options: JsonObject | undefined,
  data: JsonObject | undefined,
): Promise<Outcome> {
  if (data === undefined) throw noData();
  const settings = await readSettings(context.storage);
  return updateSecret(context, path, async (metadata) => {
    if (metadata === undefined) return { result: notFound, metadata: undefined };
    checkCas(options, settings, metadata);
    const current = metadata.versions.get(metadata.currentVersion);
    if (current === undefined) return { result: notFound, metadata: undefined };
    if (!isReadable(current, context.clock.nowMilliseconds())) {
      const answer = versionAnswer(metadata, metadata.currentVersion, current);
      return { result: { kind: "not_found", data: answer } as const, metadata: undefined };
    }
    const stored = parseJson(await readVersion(context.storage, path, metadata.currentVersion));
    if (!(stored instanceof Map)) throw new ServerError("corrupt", { detail: "a secret's data is not an object" });
    return newVersion(context, settings, metadata, Buffer.from(stringifyJson(mergePatch(stored, data))));
  });
}

function newVersion(
  context: MountContext,
  settings: Settings,
  metadata: KeyMetadata,
  text: Buffer,
): SecretChange<Outcome> {
  const now = context.clock.nowMilliseconds();
  const version = {
    createdAtMilliseconds: now,
    deletionAtMilliseconds: deletionTimeOf(settings, metadata.deleteVersionAfterSeconds, now),
    destroyed: false,
  };
  const added = addVersion(metadata, version, versionsKept(settings, metadata.maxVersions));
  return {
    result: { kind: "data", data: versionAnswer(added.metadata, added.metadata.currentVersion, version) },
    metadata: added.metadata,
    putVersion: { version: added.metadata.currentVersion, data: text },
    deleteVersions: added.dropped,
  };
}

function deleteCurrent(context: MountContext, path: string): Promise<Outcome> {
  return updateSecret(context, path, (metadata) => {
    const current = metadata?.versions.get(metadata.currentVersion);
    const now = context.clock.nowMilliseconds();
    if (metadata === undefined || current === undefined || current.destroyed || isDeleted(current, now)) {
      return { result: empty, metadata: undefined };
    }
    const versions = new Map(metadata.versions);
    versions.set(metadata.currentVersion, { ...current, deletionAtMilliseconds: now });
    return { result: empty, metadata: { ...metadata, versions } };
  });
}

/** @throws invalid_request with the texts that clients look for */
function checkCas(options: JsonObject | undefined, settings: Settings, metadata: KeyMetadata): void {
  if (options?.has("cas") !== true) {
    if (!settings.casRequired && !metadata.casRequired) return;
    throw new ServerError("invalid_request", "check-and-set parameter required for this call");
  }
  const given = options.get("cas");
  const text = given instanceof ExactNumber ? given.text : String(given);
  if (!/^\d{1,15}$/.test(text)) throw new ServerError("invalid_request", "error parsing check-and-set parameter");
  if (Number(text) !== metadata.currentVersion) {
    throw new ServerError("invalid_request", "check-and-set parameter did not match the current version");
  }
}

function noData(): ServerError {
  return new ServerError("invalid_request", "no data provided");
}
