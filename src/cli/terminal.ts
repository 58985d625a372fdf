import { readFile } from "node:fs/promises";
import { errorCode } from "../operator/error-code";
import { type Terminal, UsageError } from "./command";

const INPUT_BYTES_MAX = 32 * 1024 * 1024;
const SECRET_LENGTH_MAX = 64 * 1024;

/** The process's own streams. */
export function processTerminal(): Terminal {
  let isRead = false;
  const readInput = async () => {
    if (isRead) throw new UsageError("standard input can be used for one thing only");
    isRead = true;
    return wholeInput();
  };
  return {
    environment: process.env,
    isInteractive: process.stdout.isTTY === true,
    out: (text) => void process.stdout.write(text),
    error: (text) => void process.stderr.write(text),
    readInput,
    readSecret: async (prompt) => (process.stdin.isTTY ? typedSecret(prompt) : firstLine(await readInput())),
    async readFile(path) {
      try {
        return await readFile(path);
      } catch (error) {
        throw new UsageError(`${path} cannot be read (${errorCode(error) ?? "unknown reason"})`);
      }
    },
  };
}

async function wholeInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > INPUT_BYTES_MAX) throw new UsageError(`standard input is longer than ${INPUT_BYTES_MAX} bytes`);
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

function firstLine(input: Buffer): string {
  return input.toString("utf8").split(/\r?\n/, 1)[0] ?? "";
}

/** Nothing that is typed appears; the terminal is left as it was, whatever happens. */
async function typedSecret(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  process.stdin.setRawMode(true);
  process.stdin.setEncoding("utf8");
  try {
    return await typedLine();
  } finally {
    process.stdin.setRawMode(false);
    process.stdin.pause();
    process.stderr.write("\n");
  }
}

const ENTER: readonly string[] = ["\r", "\n"];
const CANCELS: readonly string[] = ["\u0003", "\u0004"];
const BACKSPACES: readonly string[] = ["\b", "\u007f"];

function typedLine(): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed: readonly string[] = [];
    const settle = (end: () => void) => {
      process.stdin.off("data", onData);
      process.stdin.off("end", onEnd);
      end();
    };
    const onEnd = () => settle(() => reject(new UsageError("nothing was given")));
    const onData = (chunk: string) => {
      for (const character of chunk) {
        if (CANCELS.includes(character)) return settle(() => reject(new UsageError("nothing was given")));
        if (ENTER.includes(character)) return settle(() => resolve(typed.join("")));
        typed = BACKSPACES.includes(character) ? typed.slice(0, -1) : [...typed, character].slice(0, SECRET_LENGTH_MAX);
      }
    };
    process.stdin.on("data", onData);
    process.stdin.on("end", onEnd);
    process.stdin.resume();
  });
}
