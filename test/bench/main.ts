import { writeFileSync } from "node:fs";
import type { Row } from "./row";
import { httpFloor, kvReads } from "./rows-http";
import { memory, startup } from "./rows-process";
import { planOverhead } from "./rows-provider";
import { replicationApply } from "./rows-replication-apply";
import { replicationDelay } from "./rows-replication-delay";
import { replicationDiff } from "./rows-replication-diff";
import { replicationFailover } from "./rows-replication-failover";
import { replicationFanOut, replicationMemory, replicationThroughput } from "./rows-replication-fan-out";
import { replicationForward } from "./rows-replication-forward";
import { replicationSnapshot } from "./rows-replication-snapshot";
import { kvWrites } from "./rows-write";

const GROUPS: Readonly<Record<string, () => Promise<Row[]>>> = {
  http: httpFloor,
  reads: kvReads,
  writes: kvWrites,
  "replication-apply": replicationApply,
  "replication-delay": replicationDelay,
  "replication-forward": replicationForward,
  "replication-snapshot": replicationSnapshot,
  "replication-diff": replicationDiff,
  "replication-failover": replicationFailover,
  "replication-fan-out": replicationFanOut,
  "replication-throughput": replicationThroughput,
  "replication-memory": replicationMemory,
  provider: planOverhead,
  startup,
  memory,
};

function flag(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

function figure(value: number | undefined): string {
  if (value === undefined) return "";
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function print(rows: readonly Row[]): void {
  const cells = rows.map((row) => [
    row.name,
    figure(row.value),
    row.unit,
    `${figure(row.spread[0])}..${figure(row.spread[1])}`,
    figure(row.limit),
    figure(row.ratio),
    row.ratioSpread === undefined ? "" : `${figure(row.ratioSpread[0])}..${figure(row.ratioSpread[1])}`,
    row.goal,
    row.goal === "" ? "" : row.met ? "met" : "NOT MET",
  ]);
  const head = ["figure", "median", "unit", "spread", "limit", "ratio", "spread", "goal", ""];
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  for (const row of [head, ...cells])
    process.stdout.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()}\n`,
    );
}

/** `npm run bench -- [--json FILE] [--only NAME]` */
async function main(): Promise<void> {
  const only = flag("--only");
  if (only !== undefined && !(only in GROUPS))
    throw new Error(`--only ${only}: one of ${Object.keys(GROUPS).join(", ")}`);
  const rows: Row[] = [];
  for (const [name, run] of Object.entries(GROUPS)) {
    if (only !== undefined && only !== name) continue;
    process.stderr.write(`measuring ${name}...\n`);
    rows.push(...(await run()));
  }
  print(rows);
  const file = flag("--json");
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(rows, null, 2)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
