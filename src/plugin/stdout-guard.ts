/**
 * Imported first of all: stdout belongs to the handshake, and one stray line on it breaks the start. What libraries
 * print goes to stderr, where Terraform takes it for debug output.
 */
for (const method of ["log", "info", "debug", "trace", "warn", "error"] as const) {
  console[method] = (...parts: unknown[]) => {
    process.stderr.write(`[DEBUG] ${parts.map(String).join(" ").replaceAll("\n", " ")}\n`);
  };
}

// A closed pipe must not end the process at some log call; the orphan watch does that in order.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);
