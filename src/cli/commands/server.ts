import { spawn } from "node:child_process";
import { constants } from "node:os";
import { ConfigurationError } from "../../client/errors";
import { findServerExecutable } from "../../nodes/server-executable";
import type { Command, ExitCode } from "../command";
import { LocalError } from "../failures";

const PASSED_ON: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

export const server: Command = {
  words: ["server"],
  summary: "Start a server (meridian-server); -dev for one in memory, to try things out.",
  usage: "[-dev | -config=FILE_OR_DIRECTORY] ...",
  details:
    "  All arguments are handed to meridian-server, which is MERIDIAN_SERVER, the one beside this program or the one on the PATH. See\n" +
    '  "meridian server -help". Signals are passed on, and its exit code is this command\'s.',
  passThrough: true,
  async run({ positional }) {
    const executable = await found();
    // The same process group: what a terminal sends to one it sends to both, and the server takes a repeated signal as one.
    const child = spawn(executable, [...positional], { stdio: "inherit" });
    for (const signal of PASSED_ON) process.on(signal, () => child.kill(signal));
    return new Promise<ExitCode>((resolve, reject) => {
      child.once("error", () => reject(new LocalError(`${executable} cannot be started`)));
      child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
  },
};

async function found(): Promise<string> {
  try {
    return await findServerExecutable(null);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new LocalError(
      `${error.summary}: install @meridian/server beside this program, put meridian-server on the PATH, or set MERIDIAN_SERVER to its file`,
    );
  }
}
