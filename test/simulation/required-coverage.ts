import { FAULT_KINDS } from "./fault-kinds";

/** Everything that the seeds of a run together must have reached. */
export const REQUIRED: readonly string[] = [
  ...FAULT_KINDS.map((kind) => `fault ${kind}`),
  "state idle -> stream-wals",
  "state idle -> merkle-diff",
  "state merkle-diff -> merkle-sync",
  "state merkle-sync -> stream-wals",
  "state stream-wals -> idle",
  "planned dr promotion",
  "unplanned dr promotion",
  "planned performance promotion",
  "caught up by a diff",
  "bootstrap",
  "fenced",
  "frames with local keys to a DR secondary",
  "frames with the mount that others filter",
  "positions compared",
  "tables read back",
  "checksums compared",
  "writes forwarded",
];
