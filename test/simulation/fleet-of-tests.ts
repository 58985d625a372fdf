import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { Fleet } from "./fleet";
import type { SimulationJob, SimulationOutcome } from "./simulation-job";

/** A machine that does much else at the same time is slow. */
export const TEST_MILLISECONDS_MAX = 30 * 60_000;

/** Worker processes for a test file, running the tree as it is now. */
export class FleetOfTests {
  private readonly folder = mkdtempSync(join(tmpdir(), "meridian-simulation-"));
  private fleet: Fleet | undefined;

  async open(): Promise<void> {
    const workerPath = join(this.folder, "worker.js");
    await build({
      entryPoints: [join(__dirname, "worker.ts")],
      outfile: workerPath,
      bundle: true,
      platform: "node",
      target: "node20",
      sourcemap: true,
    });
    this.fleet = new Fleet({ workerPath, processes: cpus().length });
  }

  async close(): Promise<void> {
    await this.fleet?.close();
    rmSync(this.folder, { recursive: true });
  }

  async run(jobs: Iterable<SimulationJob>, ended: (outcome: SimulationOutcome) => void = () => undefined) {
    const outcomes: SimulationOutcome[] = [];
    await this.fleet?.run(jobs[Symbol.iterator](), (outcome) => {
      outcomes.push(outcome);
      ended(outcome);
    });
    return outcomes;
  }
}
