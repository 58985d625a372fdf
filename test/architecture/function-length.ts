import { readFileSync } from "node:fs";
import ts from "typescript";
import type { Finding } from "./finding";

const FUNCTION_LINES_MAX = 70;
const FILE_LINES_MAX = 400;

/** Longest functions and files that the house allows: see docs/architecture.md. */
export function checkLength(paths: readonly string[]): Finding[] {
  return paths.flatMap((path) => checkFile(path, readFileSync(path, "utf8")));
}

function checkFile(path: string, text: string): Finding[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const findings: Finding[] = [];
  const lineCount = source.getLineStarts().length;
  if (lineCount > FILE_LINES_MAX && !isDeclaration(source)) {
    findings.push({ path, line: 1, message: `the file has ${lineCount} lines, at most ${FILE_LINES_MAX} are allowed` });
  }
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && "body" in node && node.body !== undefined) {
      const first = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      const lines = source.getLineAndCharacterOfPosition(node.getEnd()).line + 2 - first;
      if (lines > FUNCTION_LINES_MAX && !isDescribe(node)) {
        findings.push({
          path,
          line: first,
          message: `a function of ${lines} lines, at most ${FUNCTION_LINES_MAX} are allowed`,
        });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return findings;
}

/** A test suite's callback holds many small functions: its own length says nothing. */
function isDescribe(node: ts.Node): boolean {
  const call = node.parent;
  return ts.isCallExpression(call) && /^describe(\.each)?/.test(call.expression.getText());
}

/** Pure declaration: a table, a schema or interfaces, without a function body of more than a line. */
function isDeclaration(source: ts.SourceFile): boolean {
  let hasCode = false;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && "body" in node && node.body !== undefined) {
      const span =
        source.getLineAndCharacterOfPosition(node.getEnd()).line -
        source.getLineAndCharacterOfPosition(node.getStart()).line;
      if (span > 12) hasCode = true;
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return !hasCode;
}
