// `npm run check`: builds, then holds the tree against the house rules (test/architecture).
import { spawnSync } from "node:child_process";

for (const args of [["test/support/build.mjs"], ["test/dist/architecture/check.js", ...process.argv.slice(2)]]) {
  const run = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (run.status !== 0) process.exit(run.status ?? 1);
}
