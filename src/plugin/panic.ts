import { writeSync } from "node:fs";
import type { Redactor } from "./redaction";

const STDERR = 2;
const EXIT_CODE = 2;

/**
 * The text that Terraform recognises as a crash and shows whole, with the stack: without it people only see "plugin did
 * not respond".
 */
export function panicText(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `panic: ${stack}\n`;
}

/** Ends the process on an error that nobody caught, after saying so synchronously. */
export function exitOnPanic(redactor: Redactor, cleanUp: () => void): void {
  const panic = (error: unknown) => {
    try {
      writeSync(STDERR, redactor.apply(panicText(error)));
    } catch {
      // Terraform is gone already: there is nobody left to tell.
    }
    cleanUp();
    process.exit(EXIT_CODE);
  };
  process.on("uncaughtException", panic);
  process.on("unhandledRejection", panic);
}
