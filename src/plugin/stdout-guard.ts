import { writeStandardError } from "./standard-error";

/**
 * Imported first of all: stdout belongs to the handshake, and one stray line on it breaks the start. What libraries
 * print goes to stderr, where Terraform takes it for debug output.
 */
for (const method of ["log", "info", "debug", "trace", "warn", "error"] as const) {
  console[method] = (...parts: unknown[]) => {
    writeStandardError(`[DEBUG] ${parts.map(String).join(" ").replaceAll("\n", " ")}\n`);
  };
}
