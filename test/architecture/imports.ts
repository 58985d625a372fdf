import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import type { Finding } from "./finding";

interface CruiseResult {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string; readonly severity: string };
    }[];
  };
}

/** From the folder `npm run check` starts in. */
const DEPENDENCY_CRUISER = resolve("node_modules/dependency-cruiser/bin/dependency-cruise.mjs");

/** Modules below which the reader of imports must have failed (it reads none under some compiler versions, silently). */
const MODULES_MIN = 20;

/**
 * Holds the imports of the rooms against `.dependency-cruiser.cjs`.
 * @param folder where the rooms are; @param modulesMin fewer modules read than this is a finding of its own
 */
export function checkImports(folder: string, rooms: readonly string[], modulesMin = MODULES_MIN): Finding[] {
  const run = spawnSync(
    process.execPath,
    [DEPENDENCY_CRUISER, "--config", ".dependency-cruiser.cjs", "--output-type", "json", ...rooms],
    { cwd: folder, encoding: "utf8", maxBuffer: 256 * 1024 * 1024 },
  );
  if (run.stdout === "")
    return [{ path: folder, line: 1, message: `dependency-cruiser did not run: ${run.stderr.slice(0, 500)}` }];
  const { summary } = JSON.parse(run.stdout) as CruiseResult;
  const findings = summary.violations
    .filter((violation) => violation.rule.severity === "error")
    .map(({ from, to, rule }) => ({ path: from, line: 1, message: `${rule.name}: must not import ${to}` }));
  if (summary.totalCruised < modulesMin) {
    findings.push({
      path: folder,
      line: 1,
      message: `only ${summary.totalCruised} modules were read, expected ${modulesMin} or more`,
    });
  }
  return findings;
}
