import { type ChildProcess, fork } from "node:child_process";
import type { SimulationJob, SimulationOutcome } from "./simulation-job";

/** Of the wall clock: a seed that takes longer hangs, and that is a failure too. */
const SEED_SECONDS_MAX = 600;
/** Most of what a seed allocates dies young. */
const NODE_OPTIONS = ["--enable-source-maps", "--max-semi-space-size=32"];

export interface FleetOptions {
  /** The bundled worker. */
  readonly workerPath: string;
  readonly processes: number;
}

/** Worker processes that share a list of seeds. Each runs one seed at a time; what a seed does depends on nothing else. */
export class Fleet {
  private readonly workers: Worker[];

  constructor({ workerPath, processes }: FleetOptions) {
    this.workers = Array.from({ length: processes }, () => new Worker(workerPath));
  }

  /** Runs jobs until there are no more, or `ended` stops asking for them. */
  async run(
    jobs: Iterator<SimulationJob>,
    ended: (outcome: SimulationOutcome, job: SimulationJob) => void,
  ): Promise<void> {
    const work = async (worker: Worker): Promise<void> => {
      for (let next = jobs.next(); next.done !== true; next = jobs.next()) {
        ended(await worker.run(next.value), next.value);
      }
    };
    await Promise.all(this.workers.map(work));
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
  }
}

class Worker {
  private child: ChildProcess | undefined;

  constructor(private readonly path: string) {}

  run(job: SimulationJob): Promise<SimulationOutcome> {
    const child = this.child ?? this.start();
    return new Promise((resolve) => {
      const settle = (outcome: SimulationOutcome): void => {
        clearTimeout(timer);
        child.off("message", settle);
        child.off("exit", exited);
        resolve(outcome);
      };
      const fail = (error: string): void => {
        this.child = undefined;
        child.kill("SIGKILL");
        settle(brokenDown(job.seed, error));
      };
      const exited = (code: number | null): void => fail(`the worker process ended with ${code ?? "a signal"}`);
      const timer = setTimeout(() => fail(`no end after ${SEED_SECONDS_MAX} s`), SEED_SECONDS_MAX * 1000);
      child.on("message", settle);
      child.on("exit", exited);
      child.send(job);
    });
  }

  async close(): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.disconnect();
    await gone;
  }

  private start(): ChildProcess {
    const child = fork(this.path, [], { execArgv: NODE_OPTIONS, stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.child = child;
    return child;
  }
}

function brokenDown(seed: number, error: string): SimulationOutcome {
  return {
    seed,
    topology: "",
    violations: [],
    error,
    traceHash: "",
    events: 0,
    operations: 0,
    faults: 0,
    virtualMilliseconds: 0,
    cpuMilliseconds: 0,
    coverage: [],
  };
}
