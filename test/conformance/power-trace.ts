/** What a program did to one file, and what it said on its standard output, in order. Writes and syncs begin and end. */
export type TraceStep =
  | { readonly kind: "write-begin"; readonly id: number; readonly offset: number; readonly bytes: Buffer }
  /** `synced`: the file was open with O_DSYNC, so the write's end is a sync of it. */
  | { readonly kind: "write-end"; readonly id: number; readonly synced: boolean }
  | { readonly kind: "sync-begin" | "sync-end"; readonly id: number }
  | { readonly kind: "output"; readonly text: string };

/** Options with which strace writes what `parseTrace` reads. */
export const straceOptions: readonly string[] = [
  "-f",
  "-qq",
  "-s",
  "100000000",
  "-xx",
  "-e",
  "trace=openat,close,lseek,write,pwrite64,writev,pwritev,ftruncate,fdatasync,fsync",
  "-e",
  "signal=none",
];

interface OpenFile {
  readonly dataFile: boolean;
  readonly synced: boolean;
  position: number;
}

interface Running {
  readonly name: string;
  readonly text: string;
  readonly id: number;
}

/** Reads a trace of system calls; `isDataFile` tells the file of interest by the path that it was opened with. */
export function parseTrace(trace: string, isDataFile: (path: string) => boolean): TraceStep[] {
  const parser = new TraceParser(isDataFile);
  for (const line of trace.split("\n")) if (line !== "") parser.line(line);
  return parser.steps;
}

class TraceParser {
  readonly steps: TraceStep[] = [];
  private readonly files = new Map<number, OpenFile>();
  private readonly running = new Map<string, Running>();
  private calls = 0;

  constructor(private readonly isDataFile: (path: string) => boolean) {}

  /** `<thread> name(arguments) = result`, or its two halves when another thread came in between. */
  line(line: string): void {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/s.exec(line) ?? [];
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/s.exec(rest);
    if (resumed !== null) {
      const begun = this.running.get(thread);
      this.running.delete(thread);
      if (begun !== undefined) this.end(begun, begun.text + resumed[2]);
      return;
    }
    const unfinished = rest.endsWith(" <unfinished ...>");
    const text = unfinished ? rest.slice(0, -" <unfinished ...>".length) : rest;
    const [, name] = /^(\w+)\(/.exec(text) ?? [];
    if (name === undefined) return;
    const call = { name, text, id: this.calls++ };
    this.begin(call);
    if (unfinished) this.running.set(thread, call);
    else this.end(call, text);
  }

  private begin(call: Running): void {
    const file = this.files.get(descriptorOf(call.text));
    if (file?.dataFile !== true) return;
    const { id, name, text } = call;
    if (name === "fdatasync" || name === "fsync") this.steps.push({ kind: "sync-begin", id });
    if (/write/.test(name)) {
      const bytes = Buffer.concat(stringsOf(text));
      const offset = name.startsWith("p") ? Number(/, (\d+)\)?(?: +=.*)?$/.exec(text)?.[1]) : file.position;
      if (!Number.isSafeInteger(offset)) throw new Error(`no offset in ${text.slice(-80)}`);
      if (!name.startsWith("p")) file.position += bytes.length;
      this.steps.push({ kind: "write-begin", id, offset, bytes });
    }
    if (name === "ftruncate") throw new Error("the file is truncated, which the model does not know");
  }

  private end(call: Running, text: string): void {
    const result = Number(/\) += (-?\d+)/.exec(text.slice(-200))?.[1]);
    const { name, id } = call;
    const descriptor = descriptorOf(text);
    if (name === "openat") this.opened(text, result);
    const file = this.files.get(descriptor);
    if (name === "close") this.files.delete(descriptor);
    if (name === "lseek" && file !== undefined) file.position = result;
    if (name === "write" && descriptor === 1) {
      this.steps.push({ kind: "output", text: Buffer.concat(stringsOf(text)).toString() });
    }
    if (file?.dataFile !== true) return;
    if (result < 0) throw new Error(`${name} failed: ${text.slice(-80)}`);
    if (name === "fdatasync" || name === "fsync") this.steps.push({ kind: "sync-end", id });
    if (/write/.test(name)) this.steps.push({ kind: "write-end", id, synced: file.synced });
  }

  private opened(text: string, descriptor: number): void {
    if (descriptor < 0) return;
    const [path] = stringsOf(text);
    const dataFile = path !== undefined && this.isDataFile(path.toString());
    this.files.set(descriptor, { dataFile, synced: text.includes("O_DSYNC"), position: 0 });
  }
}

function descriptorOf(text: string): number {
  return Number(/^\w+\((\d+)/.exec(text)?.[1] ?? -1);
}

/** The strings of a call, written as `"\x00\x01"`. */
function stringsOf(text: string): Buffer[] {
  return [...text.matchAll(/"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?/g)].map(([, hex = "", cut]) => {
    if (cut !== undefined) throw new Error("a string of the trace was cut off");
    return Buffer.from(hex.replaceAll("\\x", ""), "hex");
  });
}
