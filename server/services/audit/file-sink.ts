import { constants, write } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { afterTurn, type Clock } from "../../sdk/clock";

/** A device that takes this long is as good as full: the requests that wait for it are refused. */
const WRITE_SECONDS_MAX = 5;
/** Bytes of entries that may wait for a write under way. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;

/** Room of a batch to begin with, and what is kept for the next one. */
const BATCH_BYTES = 256 * 1024;
const NEWLINE = Buffer.from("\n");
const HANGS = "the audit device does not take entries";

/** Lines that share one write and one promise. Their bytes are gathered at once, so that the text can be forgotten. */
class Batch {
  bytes: Buffer;
  length = 0;
  readonly done: Promise<void>;
  resolve: () => void = () => undefined;
  reject: (error: unknown) => void = () => undefined;

  constructor(spare: Buffer | undefined) {
    this.bytes = spare ?? Buffer.allocUnsafeSlow(BATCH_BYTES);
    this.done = new Promise<void>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.done.catch(() => undefined);
  }

  /** @returns false when too much waits already */
  add(line: string): boolean {
    if (this.length > WAITING_BYTES_MAX) return false;
    const needed = this.length + line.length * 3;
    if (needed > this.bytes.length) this.grow(needed);
    this.length += this.bytes.write(line, this.length, "utf8");
    return true;
  }

  private grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
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
  private spare: Buffer | undefined;
  /** The batch that is being written. */
  private current: Batch | undefined;
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
    return batch.add(line) ? batch.done : Promise.reject(new Error("too many audit entries wait for the device"));
  }

  async reopen(): Promise<void> {
    const before = this.handle;
    this.handle = await openForAppend(this.path, this.mode);
    await this.release(before);
  }

  async close(): Promise<void> {
    await this.waiting?.done.catch(() => undefined);
    const { handle } = this;
    this.handle = undefined;
    await this.release(handle);
  }

  /** Not while a write uses it: its number could become another file's. A write that hangs keeps it for ever. */
  private async release(handle: FileHandle | undefined): Promise<void> {
    await this.current?.done.catch(() => undefined);
    if (!this.isHanging) await handle?.close();
  }

  private newBatch(): Batch {
    const batch = new Batch(this.spare);
    this.spare = undefined;
    // All requests of one turn share the write: one for the first of them alone would make the others wait for it.
    if (this.current === undefined) afterTurn(() => this.flush());
    return batch;
  }

  private flush(): void {
    const batch = this.waiting;
    if (this.current !== undefined || batch === undefined) return;
    this.waiting = undefined;
    this.current = batch;
    const timer = this.clock.setTimer(WRITE_SECONDS_MAX * 1000, () => {
      this.isHanging = true;
      batch.reject(new Error(HANGS));
      this.waiting?.reject(new Error(HANGS));
      this.waiting = undefined;
    });
    this.write(batch)
      .finally(() => {
        timer.cancel();
        this.current = undefined;
        this.isHanging = false;
      })
      .then(batch.resolve, batch.reject)
      .finally(() => this.flush());
  }

  private async write(batch: Batch): Promise<void> {
    this.handle ??= await openForAppend(this.path, this.mode);
    const { fd } = this.handle;
    let offset = 0;
    try {
      if (this.isTorn) await writeSome(fd, NEWLINE, 0, 1);
      this.isTorn = false;
      while (offset < batch.length) offset += await writeSome(fd, batch.bytes, offset, batch.length);
      if (batch.bytes.length === BATCH_BYTES) this.spare = batch.bytes;
    } catch (error) {
      this.isTorn ||= offset > 0;
      throw error;
    }
  }
}

/** Appends; @returns how many bytes the file took. */
function writeSome(fd: number, bytes: Buffer, offset: number, end: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, offset, end - offset, null, (error, written) =>
      error === null ? resolve(written) : reject(error),
    );
  });
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
