import { ServerError } from "../../../sdk/errors";
import type { MountContext } from "../../../sdk/mount";
import type { Outcome } from "../../../sdk/outcome";
import { type AnyPath, pathsOf } from "../../../sdk/path";
import { pathField } from "./fields";
import { isDeleted, type KeyMetadata, type VersionMetadata } from "./key-metadata";
import { deletionTimeOf, type Settings } from "./settings";
import { empty } from "./version-answer";
import { readSettings, updateSecret } from "./versioned-store";

const declare = pathsOf<MountContext>();

/** Facts that a change of one version may depend on. */
interface Moment {
  readonly nowMilliseconds: number;
  readonly settings: Settings;
  readonly metadata: KeyMetadata;
}

interface VersionChange {
  readonly template: string;
  readonly summary: string;
  readonly versions: string;
  /** Whether the data goes for good. */
  readonly destroys: boolean;
  change(version: VersionMetadata, moment: Moment): VersionMetadata;
}

const changes: readonly VersionChange[] = [
  {
    template: "delete/{path...}",
    summary: "Mark versions as deleted. They can be undeleted.",
    versions: "Numbers of the versions to delete.",
    destroys: false,
    change: (version, { nowMilliseconds }) =>
      version.destroyed || isDeleted(version, nowMilliseconds)
        ? version
        : { ...version, deletionAtMilliseconds: nowMilliseconds },
  },
  {
    template: "undelete/{path...}",
    summary: "Take the deletion of versions back.",
    versions: "Numbers of the versions to undelete.",
    destroys: false,
    change: (version, { nowMilliseconds, settings, metadata }) =>
      version.destroyed
        ? version
        : {
            ...version,
            deletionAtMilliseconds: deletionTimeOf(settings, metadata.deleteVersionAfterSeconds, nowMilliseconds),
          },
  },
  {
    template: "destroy/{path...}",
    summary: "Remove the data of versions for good.",
    versions: "Numbers of the versions to destroy.",
    destroys: true,
    change: (version) => ({ ...version, destroyed: true }),
  },
];

export const versionChangePaths: readonly AnyPath<MountContext>[] = changes.map((row) =>
  declare({
    template: row.template,
    summary: row.summary,
    fields: { path: pathField, versions: { type: "integer_list", description: row.versions } },
    operations: {
      update: {
        summary: row.summary,
        forward: true,
        responses: { 204: "Done. Versions that do not exist are passed over." },
        run: ({ context, fields }) => changeVersions(context, fields.path, fields.versions ?? [], row),
      },
    },
  }),
);

async function changeVersions(
  context: MountContext,
  path: string,
  numbers: readonly number[],
  row: VersionChange,
): Promise<Outcome> {
  if (numbers.length === 0) throw new ServerError("invalid_request", "No version number provided");
  const settings = await readSettings(context.storage);
  return updateSecret(context, path, (metadata) => {
    if (metadata === undefined) return { result: empty, metadata: undefined };
    const moment = { nowMilliseconds: context.clock.nowMilliseconds(), settings, metadata };
    const versions = new Map(metadata.versions);
    const changed = new Set<number>();
    for (const number of numbers) {
      const version = metadata.versions.get(number);
      const next = version && row.change(version, moment);
      if (next === undefined || next === version) continue;
      versions.set(number, next);
      changed.add(number);
    }
    if (changed.size === 0) return { result: empty, metadata: undefined };
    return {
      result: empty,
      metadata: { ...metadata, versions },
      deleteVersions: row.destroys ? [...changed] : [],
    };
  });
}
