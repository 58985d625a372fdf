// `npm test`: builds, checks the house rules, then runs every suite, fast ones first. `npm test -- unit e2e` runs only those.
// Each suite's jest report is added up; the last line printed is `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SUITES = [
  { name: "unit", paths: ["server", "src", "constructs", "examples"], workers: 2 },
  { name: "architecture", paths: ["test/architecture"], workers: 1 },
  { name: "conformance", paths: ["test/conformance"], workers: 2 },
  { name: "simulation", paths: ["test/simulation"], workers: 1 },
  { name: "security", paths: ["test/security"], workers: 2 },
  { name: "acceptance", paths: ["test/support", "test/acceptance"], workers: 1 },
  { name: "e2e", paths: ["test/e2e"], workers: 1 },
  { name: "faults", paths: ["test/faults"], workers: 2 },
];

const only = process.argv.slice(2);
const reports = mkdtempSync(join(tmpdir(), "meridian-tests-"));
// What the suites and their programs leave behind (Terraform its sockets, cdktf its output) goes with the reports.
const scratch = join(reports, "tmp");
mkdirSync(scratch);
const rows = [];

function timed(name, command, args) {
  const started = performance.now();
  process.stdout.write(`\n== ${name}\n`);
  const run = spawnSync(command, args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, CHECKPOINT_DISABLE: "1", TMPDIR: scratch },
  });
  return { status: run.status ?? 1, seconds: (performance.now() - started) / 1000 };
}

function note(name, passed, failed, skipped, seconds) {
  rows.push({ name, passed, failed, skipped, seconds });
}

function runSuite({ name, paths, workers }) {
  const present = paths.filter((path) => existsSync(path));
  if (present.length === 0) return;
  const report = join(reports, `${name}.json`);
  const { status, seconds } = timed(name, process.execPath, [
    "node_modules/jest/bin/jest.js",
    `--maxWorkers=${workers}`,
    `--cacheDirectory=${join(tmpdir(), "meridian-jest")}`,
    "--json",
    `--outputFile=${report}`,
    "--testTimeout=120000",
    ...present,
  ]);
  const result = existsSync(report)
    ? JSON.parse(readFileSync(report, "utf8"))
    : { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, numFailedTestSuites: 0, testResults: [] };
  // A suite that could not even load counts as one failure: jest reports no test for it.
  const unloaded = result.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  ).length;
  const failed = result.numFailedTests + unloaded;
  note(name, result.numPassedTests, failed === 0 && status !== 0 ? 1 : failed, result.numPendingTests, seconds);
}

if (only.length === 0 || only.includes("check")) {
  const { status, seconds } = timed("check", process.execPath, ["test/support/check.mjs"]);
  note("check", status === 0 ? 1 : 0, status === 0 ? 0 : 1, 0, seconds);
} else {
  timed("build", process.execPath, ["test/support/build.mjs"]);
}
for (const suite of SUITES) if (only.length === 0 || only.includes(suite.name)) runSuite(suite);
rmSync(reports, { recursive: true, force: true });

const sum = (field) => rows.reduce((total, row) => total + row[field], 0);
process.stdout.write("\nsuite          passed  failed  skipped  seconds\n");
for (const row of rows) {
  process.stdout.write(
    `${row.name.padEnd(14)} ${String(row.passed).padStart(6)}  ${String(row.failed).padStart(6)}  ${String(row.skipped).padStart(7)}  ${row.seconds.toFixed(0).padStart(7)}\n`,
  );
}
process.stdout.write(`\n${sum("passed")} passed, ${sum("failed")} failed\n`);
process.exitCode = sum("failed") === 0 && sum("passed") > 0 ? 0 : 1;
