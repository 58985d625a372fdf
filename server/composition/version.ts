import { version as packageVersion } from "../package.json";

/** Of this build; health and seal-status carry it. */
export const version = packageVersion;

/** Date of the release, RFC 3339. */
export const buildDate = "2026-11-22T00:00:00Z";
