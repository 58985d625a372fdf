import type { Outcome, ResponseData } from "../../../sdk/outcome";
import { formatTimestamp } from "../../../sdk/timestamp";
import type { KeyMetadata, VersionMetadata } from "./key-metadata";

/** The metadata block that goes with one version. */
export function versionAnswer(metadata: KeyMetadata, number: number, version: VersionMetadata): ResponseData {
  return {
    created_time: formatTimestamp(version.createdAtMilliseconds),
    custom_metadata: customMetadataAnswer(metadata),
    deletion_time: deletionTimeAnswer(version),
    destroyed: version.destroyed,
    version: number,
  };
}

/** null while nothing is set, as the API answers it. */
export function customMetadataAnswer(metadata: KeyMetadata): ReadonlyMap<string, string> | null {
  const { customMetadata } = metadata;
  return customMetadata === undefined || customMetadata.size === 0 ? null : customMetadata;
}

export function deletionTimeAnswer(version: VersionMetadata): string {
  return version.deletionAtMilliseconds === undefined ? "" : formatTimestamp(version.deletionAtMilliseconds);
}

export const notFound: Outcome = Object.freeze({ kind: "not_found" });
export const empty: Outcome = Object.freeze({ kind: "empty" });
