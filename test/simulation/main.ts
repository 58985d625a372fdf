import { cpus } from "node:os";
import { join } from "node:path";
import { commandLine, type SimulateOptions } from "./command-line";
import { Fleet } from "./fleet";
import { MILLISECONDS_DEFAULT, simulate } from "./simulation";
import { isFailed, replayCommand, type SimulationJob, type SimulationOutcome } from "./simulation-job";
import { Summary } from "./summary";

const HELP = `npm run simulate -- [options]
  --seed=N             run one seed in this process, and print what happened
  --trace              with --seed: print every event
  --seeds=N            run N seeds (default: as many as the time allows)
  --from=N             the first of them (default 1)
  --time=10m           begin no new seed after this time (s, m, h; default 30s where --seeds is missing)
  --jobs=N             worker processes (default: one per core)
  --chaos=MS           least virtual time with faults of a seed (default ${MILLISECONDS_DEFAULT})
  --require-coverage   fail when a required fault, transition or check was never reached
  --nightly            --time=8h --require-coverage, unless said otherwise
`;

/** One seed in this process: its trace can be watched, and a debugger attached. */
async function replay(options: SimulateOptions, seed: number): Promise<boolean> {
  const began = process.cpuUsage();
  const report = await simulate({
    seed,
    milliseconds: options.milliseconds,
    ...(options.trace ? { onTrace: (line) => void process.stdout.write(line) } : {}),
  });
  const { user, system } = process.cpuUsage(began);
  const outcome = { ...report, error: undefined, coverage: report.coverage.entries() };
  print(describe({ ...outcome, cpuMilliseconds: (user + system) / 1000 }, options.milliseconds));
  print(report.coverage.table());
  return report.violations.length === 0;
}

async function runSeeds(options: SimulateOptions): Promise<boolean> {
  const summary = new Summary();
  const endsAt = performance.now() + options.seconds * 1000;
  function* jobs(): Generator<SimulationJob> {
    for (let seed = options.from; seed < options.from + options.seeds && performance.now() < endsAt; seed += 1) {
      yield { seed, milliseconds: options.milliseconds };
    }
  }
  const processes = options.processes ?? cpus().length;
  const fleet = new Fleet({ workerPath: join(__dirname, "worker.js"), processes });
  try {
    await fleet.run(jobs(), (outcome) => {
      summary.add(outcome);
      if (isFailed(outcome)) print(describe(outcome, options.milliseconds));
      showProgress(summary.progress());
    });
  } finally {
    await fleet.close();
  }
  showProgress("");
  print(summary.table());
  const unreached = options.requireCoverage ? summary.coverage.unreached() : [];
  for (const name of unreached) print(`never reached: ${name}`);
  return summary.failed === 0 && unreached.length === 0;
}

function describe(outcome: SimulationOutcome, milliseconds: number): string {
  const { seed, topology, operations, faults, events, virtualMilliseconds, cpuMilliseconds, traceHash } = outcome;
  const line = `seed ${seed} (${topology}): ${operations} operations, ${faults} faults, ${events} events, ${(virtualMilliseconds / 1000).toFixed(1)} s in ${(cpuMilliseconds / 1000).toFixed(2)} CPU s, trace ${traceHash.slice(0, 16)}`;
  const found = outcome.violations.map(
    ({ invariant, text, atMilliseconds }) => `  invariant ${invariant} at ${atMilliseconds.toFixed(1)} ms: ${text}`,
  );
  const broken = outcome.error === undefined ? [] : [`  ${outcome.error}`];
  const replayed = isFailed(outcome) ? [`  replay: ${replayCommand(seed, milliseconds, MILLISECONDS_DEFAULT)}`] : [];
  return [line, ...found, ...broken, ...replayed].join("\n");
}

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

function print(text: string): void {
  showProgress("");
  process.stdout.write(`${text}\n`);
}

async function main(): Promise<void> {
  if (process.argv.includes("--help")) return print(HELP);
  const options = commandLine(process.argv.slice(2));
  const worked = options.seed === undefined ? await runSeeds(options) : await replay(options, options.seed);
  process.exitCode = worked ? 0 : 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
});
