import { FAULT_EFFECTS, FAULT_KINDS } from "./fault-kinds";

const MODES = ["performance", "dr"];

/** What a secondary does, from one state to the next: every pair that its machine allows and that production can reach. */
const STATES = [
  "state idle -> stream-wals",
  "state idle -> merkle-diff",
  "state stream-wals -> merkle-diff",
  "state stream-wals -> merkle-sync",
  "state stream-wals -> idle",
  "state merkle-sync -> merkle-diff",
  "state merkle-diff -> merkle-sync",
  "state merkle-diff -> idle",
  "state merkle-sync -> stream-wals",
  "state merkle-sync -> idle",
];

/** What operators do with roles, known to have been done. */
const ROLES = MODES.flatMap((mode) => [
  `demote ${mode} with target: done`,
  `demote ${mode}: done`,
  `promote ${mode}: done`,
  `promote ${mode} by force: done`,
  `planned ${mode} promotion`,
  `unplanned ${mode} promotion`,
  `disable ${mode} primary: done`,
  `disable ${mode} secondary: done`,
  `revoke ${mode} secondary: done`,
  `update ${mode} primary by a token: done`,
  `update ${mode} primary by addresses: done`,
]);

/** What operators look after, known to have been done. */
const CARE = [
  "merkle-check: done",
  "reindex: done",
  "recover: done",
  "pauses of a secondary ended by recover",
  "checks of an index that found nothing",
  "indexes compared with what is stored after a reindex",
  "indexes compared with what is stored at rest",
];

const MOVES = ["two DR secondaries promoted at once", "override dr fence: done", "keyring rotated: done"];

/** What becomes of a primary, from one state to the next. */
const PRIMARY_STATES = [
  "fenced",
  "fence no longer needed",
  "waits for a secondary's word",
  "confirmed by a secondary",
  "DR synchronous",
  "DR synchronous no more",
  "DR degraded",
  "DR synchronous again after a degradation",
  "divergence reported",
  "demotion failed",
];

const FILTERS = ["paths filter by deny: done", "paths filter by allow: done", "paths filter removed: done"];

const BUILDS = [
  "bootstrap",
  "generation replaced",
  "caught up by a diff",
  "build interrupted at the secondary",
  "build interrupted at the primary",
];

/** Checks that had something to check. */
const CHECKS = [
  "frames with local keys to a DR secondary",
  "frames with the mount that others filter",
  "positions compared",
  "tables read back",
  "DR synchronous at rest",
  "acknowledged writes looked for at a DR secondary",
  "writes acknowledged while DR was degraded",
  "primaries that were replaced by the only one they wait for",
  "checksums compared",
  "writes acknowledged",
  "writes forwarded",
  "secrets read",
  "secrets written with check-and-set",
  "check-and-set refused",
  "sessions read back",
  "sessions that went on elsewhere",
  "logins with a counted secret id at a primary",
  "logins with a counted secret id at a secondary",
  "logins with a counted secret id at a DR primary",
];

const INDEX = ["leaves of the index journaled", "journal of the index shortened"];

/** Everything that the seeds of a run together must have reached. */
export const REQUIRED: readonly string[] = [
  ...FAULT_KINDS.map((kind) => `fault ${kind}`),
  ...FAULT_EFFECTS.map((effect) => `felt: ${effect}`),
  ...STATES,
  ...ROLES,
  ...MOVES,
  ...CARE,
  ...PRIMARY_STATES,
  ...FILTERS,
  ...BUILDS,
  ...INDEX,
  ...CHECKS,
];
