import { run } from "./run";
import { processTerminal } from "./terminal";

// A reader that has seen enough (head, less) closes the pipe: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 1);
});

run(process.argv.slice(2), processTerminal()).then(
  (code) => {
    process.exitCode = code;
  },
  () => {
    // What is unforeseen may quote anything: it is named, not shown.
    process.stderr.write("Error: the command failed for a reason it does not know.\n");
    process.exitCode = 1;
  },
);
