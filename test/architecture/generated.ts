import { spawnSync } from "node:child_process";
import type { Finding } from "./finding";

/** What `npm run generate` writes; committed, so that a reader and a reviewer see it. */
export const GENERATED = ["server/openapi.json", "constructs/l1", "docs/reference"];

/** Generates again and fails on any difference from what is committed. */
export function checkGenerated(
  folder = ".",
  generate: readonly string[] = ["test/support/generate.mjs"],
  paths: readonly string[] = GENERATED,
): Finding[] {
  const run = spawnSync(process.execPath, generate, { cwd: folder, encoding: "utf8" });
  if (run.status !== 0)
    return [{ path: "test/support/generate.mjs", line: 1, message: `${run.stdout}${run.stderr}`.trim() }];
  const diff = spawnSync("git", ["status", "--porcelain", "--", ...paths], { cwd: folder, encoding: "utf8" });
  return diff.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ({
      path: line.slice(3),
      line: 1,
      message: "differs from what `npm run generate` writes: run it and commit the result",
    }));
}
