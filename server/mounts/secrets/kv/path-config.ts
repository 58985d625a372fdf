import { DURATION_SECONDS_MAX, formatGoDuration, parseDurationSeconds } from "../../../sdk/duration";
import { ServerError } from "../../../sdk/errors";
import type { MountContext } from "../../../sdk/mount";
import { pathsOf } from "../../../sdk/path";
import { checkMaxVersions, type Settings } from "./settings";
import { empty } from "./version-answer";
import { readSettings, updateSettings } from "./versioned-store";

const declare = pathsOf<MountContext>();

export const configPath = declare({
  template: "config",
  summary: "Settings of the mount, for all its keys.",
  fields: {
    max_versions: { type: "integer", description: "Versions to keep of each key. 0: 10." },
    cas_required: { type: "boolean", description: "Whether every write must carry the cas option." },
    delete_version_after: {
      type: "string",
      description:
        "Time after which a version is deleted, e.g. 90s or 3h. 0 clears the setting; a negative duration switches it off for all keys.",
    },
  },
  operations: {
    read: {
      summary: "Read the settings.",
      run: async ({ context }) => {
        const settings = await readSettings(context.storage);
        return {
          kind: "data",
          data: {
            cas_required: settings.casRequired,
            delete_version_after: formatGoDuration(settings.deleteVersionAfterSeconds),
            max_versions: settings.maxVersions,
          },
        };
      },
    },
    update: {
      summary: "Change the settings that the request names.",
      forward: true,
      responses: { 204: "Changed." },
      run: async ({ context, fields }) => {
        const change: Partial<Settings> = {
          ...(fields.max_versions === undefined ? {} : { maxVersions: checkMaxVersions(fields.max_versions) }),
          ...(fields.cas_required === undefined ? {} : { casRequired: fields.cas_required }),
          ...(fields.delete_version_after === undefined
            ? {}
            : { deleteVersionAfterSeconds: signedSeconds(fields.delete_version_after) }),
        };
        if (Object.keys(change).length > 0) await updateSettings(context, (settings) => ({ ...settings, ...change }));
        return empty;
      },
    },
  },
});

/** All negative durations mean the same. @throws invalid_request */
function signedSeconds(text: string): number {
  const trimmed = text.trim();
  const negative = trimmed.startsWith("-");
  const seconds = trimmed.length > 64 ? undefined : parseDurationSeconds(negative ? trimmed.slice(1) : trimmed);
  if (seconds === undefined) {
    throw new ServerError(
      "invalid_request",
      `delete_version_after must be a duration such as 90s or 3h, at most ${DURATION_SECONDS_MAX} seconds`,
    );
  }
  return negative && seconds > 0 ? -1 : Math.floor(seconds);
}
