import { spawn } from "node:child_process";
import { findServerExecutable } from "../../nodes/server-executable";
import type { Command } from "../command";

export const server: Command = {
  words: ["server"],
  summary: "Start a server (meridian-server); -dev for one in memory, to try things out.",
  usage: "[-dev | -config=FILE_OR_DIRECTORY] ...",
  details: "  All arguments are handed to meridian-server; see meridian-server -help.",
  passThrough: true,
  async run({ positional }) {
    const child = spawn(await findServerExecutable(null), [...positional], { stdio: "inherit" });
    const pass = (signal: NodeJS.Signals) => child.kill(signal);
    const signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, pass);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", resolve);
    });
    return code === 0 || code === null ? 0 : 1;
  },
};
