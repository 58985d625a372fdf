import { readFile } from "node:fs/promises";
import { errorCode } from "../operator/error-code";
import { type Terminal, UsageError } from "./command";

const INPUT_BYTES_MAX = 32 * 1024 * 1024;

/** The process's own streams. */
export function processTerminal(): Terminal {
  return {
    environment: process.env,
    out: (text) => void process.stdout.write(text),
    error: (text) => void process.stderr.write(text),
    readInput,
    readSecret,
    async readFile(path) {
      try {
        return await readFile(path, "utf8");
      } catch (error) {
        throw new UsageError(`${path} cannot be read (${errorCode(error) ?? "unknown reason"})`);
      }
    },
  };
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > INPUT_BYTES_MAX) throw new UsageError(`standard input is longer than ${INPUT_BYTES_MAX} bytes`);
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function readSecret(prompt: string): Promise<string> {
  if (!process.stdin.isTTY) return (await readInput()).split(/\r?\n/, 1)[0] ?? "";
  process.stderr.write(prompt);
  process.stdin.setRawMode(true);
  try {
    return await typedLine();
  } finally {
    process.stdin.setRawMode(false);
    process.stdin.pause();
    process.stderr.write("\n");
  }
}

const ENTER = /[\r\n]/;
const INTERRUPT = "\u0003";
const BACKSPACES: readonly string[] = ["\b", "\u007f"];

function typedLine(): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = "";
    const onData = (chunk: Buffer) => {
      for (const character of chunk.toString("utf8")) {
        if (character === INTERRUPT) return settle(() => reject(new UsageError("interrupted")));
        if (ENTER.test(character)) return settle(() => resolve(typed));
        typed = BACKSPACES.includes(character) ? typed.slice(0, -1) : typed + character;
      }
    };
    const settle = (end: () => void) => {
      process.stdin.off("data", onData);
      end();
    };
    process.stdin.on("data", onData);
    process.stdin.resume();
  });
}
