import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../../sdk/clock";

/** A device that takes this long is as good as full: the requests that wait for it are refused. */
const WRITE_SECONDS_MAX = 5;
/** Bytes of entries that may wait for a write under way. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;

const HANGS = "the audit device does not take entries";

interface Batch {
  readonly lines: string[];
  bytes: number;
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Where lines go. */
export interface LineSink {
  /** Resolves after the line was handed to the operating system, whole. */
  append(line: string): Promise<void>;
  /** Opens the file anew, for log rotation. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

/** Takes everything and keeps nothing. */
export const discardSink: LineSink = {
  append: () => Promise.resolve(),
  reopen: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/**
 * A file that is only appended to. Lines that arrive while a write is under way share the next one, and one promise. A write that fails or hangs fails every line in it; the next line tries again.
 */
export class FileSink implements LineSink {
  private handle: FileHandle | undefined;
  private waiting: Batch | undefined;
  private isWriting = false;
  /** The write under way has taken too long: nothing waits behind it. */
  private isHanging = false;
  /** The last write ended in the middle of a line. */
  private isTorn = false;

  constructor(
    private readonly path: string,
    private readonly mode: number,
    private readonly clock: Clock,
  ) {}

  append(line: string): Promise<void> {
    if (this.isHanging) return Promise.reject(new Error(HANGS));
    this.waiting ??= this.newBatch();
    const batch = this.waiting;
    if (batch.bytes > WAITING_BYTES_MAX) return Promise.reject(new Error("too many audit entries wait for the device"));
    batch.lines.push(line);
    batch.bytes += line.length;
    return batch.done;
  }

  async reopen(): Promise<void> {
    const before = this.handle;
    this.handle = await openForAppend(this.path, this.mode);
    await before?.close();
  }

  async close(): Promise<void> {
    await this.waiting?.done.catch(() => undefined);
    const { handle } = this;
    this.handle = undefined;
    await handle?.close();
  }

  private newBatch(): Batch {
    let resolve: () => void = () => undefined;
    let reject: (error: unknown) => void = () => undefined;
    const done = new Promise<void>((settle, refuse) => {
      resolve = settle;
      reject = refuse;
    });
    done.catch(() => undefined);
    if (!this.isWriting) void Promise.resolve().then(() => this.flush());
    return { lines: [], bytes: 0, done, resolve, reject };
  }

  private flush(): void {
    const batch = this.waiting;
    if (this.isWriting || batch === undefined) return;
    this.waiting = undefined;
    this.isWriting = true;
    const timer = this.clock.setTimer(WRITE_SECONDS_MAX * 1000, () => {
      this.isHanging = true;
      batch.reject(new Error(HANGS));
      this.waiting?.reject(new Error(HANGS));
      this.waiting = undefined;
    });
    this.write(batch)
      .then(batch.resolve, batch.reject)
      .finally(() => {
        timer.cancel();
        this.isWriting = false;
        this.isHanging = false;
        this.flush();
      });
  }

  private async write(batch: Batch): Promise<void> {
    this.handle ??= await openForAppend(this.path, this.mode);
    const bytes = Buffer.from(`${this.isTorn ? "\n" : ""}${batch.lines.join("")}`, "utf8");
    let offset = 0;
    try {
      while (offset < bytes.length) offset += (await this.handle.write(bytes, offset)).bytesWritten;
      this.isTorn = false;
    } catch (error) {
      this.isTorn = this.isTorn || offset > 0;
      throw error;
    }
  }
}

/** Appends to standard output. */
export class StandardOutputSink implements LineSink {
  append(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      process.stdout.write(line, (error) => (error === undefined || error === null ? resolve() : reject(error)));
    });
  }

  reopen(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Never a folder, never a program: an audit log that overwrote one would be a way to run code. */
async function openForAppend(path: string, mode: number): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
  const handle = await open(path, flags, mode);
  const stat = await handle.stat();
  const isProgram = stat.isFile() && (stat.mode & 0o111) !== 0;
  if (isProgram || stat.isDirectory()) {
    await handle.close();
    throw new Error(`${path} is a program or a folder`);
  }
  if (stat.isFile() && (stat.mode & 0o777) !== mode) await handle.chmod(mode);
  return handle;
}
