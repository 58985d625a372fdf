let guarded = false;

/**
 * Writes to stderr, which Terraform takes for debug output. Node makes the stream when it is first asked for, which takes
 * milliseconds that each start of the provider would pay: so nobody asks before there is something to say.
 */
export function writeStandardError(text: string): void {
  if (!guarded) {
    guarded = true;
    // A closed pipe must not end the process at some log call; the orphan watch does that in order.
    process.stderr.on("error", () => undefined);
  }
  process.stderr.write(text);
}
