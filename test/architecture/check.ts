import { spawnSync } from "node:child_process";
import { checkDeterminism } from "./determinism";
import type { Finding } from "./finding";
import { checkLength } from "./function-length";
import { checkGenerated } from "./generated";
import { globSync } from "./glob";
import { checkImports } from "./imports";
import { checkProjectWords } from "./words";

const ROOMS = ["server", "src", "constructs", "examples", "test"];

interface Rule {
  readonly name: string;
  run(): Finding[];
}

/** Runs a tool; its whole output is one finding when it fails. */
function tool(command: string, args: readonly string[]): Finding[] {
  const run = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return run.status === 0 ? [] : [{ path: ".", line: 1, message: `${run.stdout}${run.stderr}`.trim() }];
}

function bin(name: string): string {
  return `node_modules/.bin/${name}`;
}

const RULES: readonly Rule[] = [
  { name: "format and lint", run: () => tool(bin("biome"), ["ci", "--colors=off", "."]) },
  { name: "types", run: () => tool(bin("tsc"), ["-b", "--emitDeclarationOnly"]) },
  { name: "imports", run: () => checkImports(".", ROOMS) },
  { name: "length", run: () => checkLength(sources()) },
  { name: "determinism", run: () => checkDeterminism(sources()) },
  { name: "words", run: () => checkProjectWords(sources()) },
  { name: "generated files", run: () => checkGenerated() },
];

/** Hand-written sources: what is generated follows no rule of style. */
function sources(): string[] {
  return ROOMS.flatMap((room) => globSync(room)).filter((path) => !path.includes("/l1/"));
}

function main(): void {
  const only = process.argv[2];
  let failed = 0;
  for (const rule of RULES.filter((row) => only === undefined || row.name === only)) {
    const findings = rule.run();
    process.stdout.write(`${findings.length === 0 ? "ok  " : "FAIL"} ${rule.name}\n`);
    for (const { path, line, message } of findings) process.stdout.write(`     ${path}:${line} ${message}\n`);
    if (findings.length > 0) failed += 1;
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

if (require.main === module) main();
