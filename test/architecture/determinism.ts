import { readFileSync } from "node:fs";
import ts from "typescript";
import type { Finding } from "./finding";

/** Where time, randomness and timers come from in the server: everything else is given them. */
const ADAPTERS = ["server/sdk/clock.ts", "server/sdk/random.ts"];

const FORBIDDEN_CALLS = new Set([
  "Date.now",
  "Math.random",
  "performance.now",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "process.hrtime",
  "process.hrtime.bigint",
]);

/** Finds uses of ambient time and randomness in the server, which a seeded simulator could not own. */
export function checkDeterminism(paths: readonly string[]): Finding[] {
  return paths
    .filter(
      (path) =>
        path.includes("server/") &&
        !path.endsWith(".test.ts") &&
        !path.includes("/testing/") &&
        !ADAPTERS.some((adapter) => path.endsWith(adapter)),
    )
    .flatMap((path) => checkFile(path, readFileSync(path, "utf8")));
}

function checkFile(path: string, text: string): Finding[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const findings: Finding[] = [];
  const report = (node: ts.Node, what: string): void => {
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    findings.push({ path, line, message: `${what}: take it from the injected clock or random (server/sdk)` });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && FORBIDDEN_CALLS.has(node.expression.getText()))
      report(node, `${node.expression.getText()}()`);
    if (ts.isNewExpression(node) && node.expression.getText() === "Date" && (node.arguments?.length ?? 0) === 0)
      report(node, "new Date()");
    ts.forEachChild(node, visit);
  };
  visit(source);
  return findings;
}
