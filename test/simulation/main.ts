import { Coverage } from "./coverage";
import { type SimulationReport, simulate } from "./simulation";

/** `--name=value`, undefined where it is missing. */
function numberOption(name: string): number | undefined {
  const given = process.argv.find((argument) => argument.startsWith(`--${name}=`));
  if (given === undefined) return undefined;
  const value = Number(given.slice(name.length + 3));
  if (!Number.isFinite(value)) throw new Error(`--${name} takes a number`);
  return value;
}

function describe(report: SimulationReport, milliseconds: number): string {
  const { seed, topology, operations, faults, events, virtualMilliseconds, traceHash } = report;
  const line = `seed ${seed} (${topology}): ${operations} operations, ${faults} faults, ${events} events, ${(virtualMilliseconds / 1000).toFixed(1)} s, trace ${traceHash.slice(0, 16)}`;
  const found = report.violations.map(
    ({ invariant, text, atMilliseconds }) =>
      `  invariant ${invariant} at ${atMilliseconds.toFixed(1)} ms: ${text}\n  replay: npm run simulate -- --seed=${seed} --chaos=${milliseconds}`,
  );
  return [line, ...found].join("\n");
}

async function main(): Promise<void> {
  const one = numberOption("seed");
  const seeds = one === undefined ? (numberOption("seeds") ?? Number.POSITIVE_INFINITY) : 1;
  const seconds = numberOption("time") ?? (Number.isFinite(seeds) ? Number.POSITIVE_INFINITY : 30);
  const first = one ?? numberOption("from") ?? 1;
  const trace = process.argv.includes("--trace");
  const started = process.hrtime.bigint();
  const total = new Coverage();
  let failed = 0;
  let seed = first;
  for (; seed < first + seeds && Number(process.hrtime.bigint() - started) / 1e9 < seconds; seed += 1) {
    const milliseconds = numberOption("chaos") ?? 60_000;
    const report = await simulate({
      seed,
      milliseconds,
      ...(trace ? { onTrace: (line) => void process.stdout.write(line) } : {}),
    });
    total.add(report.coverage);
    if (report.violations.length > 0) failed += 1;
    if (report.violations.length > 0 || one !== undefined) process.stdout.write(`${describe(report, milliseconds)}\n`);
  }
  for (const [name, times] of total.entries()) process.stdout.write(`${String(times).padStart(9)}  ${name}\n`);
  process.stdout.write(`${seed - first} seeds, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

void main();
