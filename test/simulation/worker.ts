import { MUTATIONS, UNREPEATABLE } from "./mutations";
import { simulate } from "./simulation";
import type { SimulationJob, SimulationOutcome } from "./simulation-job";

/** A worker process: runs the seeds that its parent sends, one after the other. */
async function outcomeOf({ seed, milliseconds, mutation: name }: SimulationJob): Promise<SimulationOutcome> {
  const mutation = name === undefined ? undefined : [...MUTATIONS, UNREPEATABLE].find((one) => one.name === name);
  const began = process.cpuUsage();
  const cpuMilliseconds = (): number => {
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1000;
  };
  try {
    if (name !== undefined && mutation === undefined) throw new Error(`no planted bug is called ${name}`);
    const { coverage, ...report } = await simulate({ seed, milliseconds, mutation });
    return { ...report, error: undefined, cpuMilliseconds: cpuMilliseconds(), coverage: coverage.entries() };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const nothing = { events: 0, operations: 0, faults: 0, virtualMilliseconds: 0, coverage: [] };
    const cpu = cpuMilliseconds();
    return { seed, topology: "", violations: [], error: text, traceHash: "", ...nothing, cpuMilliseconds: cpu };
  }
}

process.on("message", (job: SimulationJob) => {
  void outcomeOf(job).then((outcome) => process.send?.(outcome));
});
process.on("disconnect", () => process.exit(0));
