import { mkdir, readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { writeFileAtomically } from "./atomic-write";
import { errorCode } from "./error-code";
import { LockTimeoutError, withLockFile } from "./lock-file";
import { EMPTY_DOCUMENT, type OperatorDocument } from "./operator-document";
import { formatOperatorDocument, OperatorFileFormatError, parseOperatorDocument } from "./operator-json";

const LOCK_LIMIT_MS = 60_000;

/** The operator file cannot be used. The message says which file and what to do; it never holds a secret. */
export class OperatorFileError extends Error {
  override readonly name = "OperatorFileError";
}

export interface OperatorStoreOptions {
  readonly path: string;
  /**
   * Whether the person named the file. A machine that does not last (`ephemeralMachine`: a pipeline runner) must not get
   * the only copy of the keys by default.
   */
  readonly explicit: boolean;
  readonly ephemeralMachine: boolean;
}

/** The operator file: read whole, changed whole, by one writer at a time on this machine. */
export class OperatorStore {
  readonly path: string;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: OperatorStoreOptions) {
    this.path = resolve(options.path);
  }

  /** A file that does not exist is an empty document. */
  async read(): Promise<OperatorDocument> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if (errorCode(error) === "ENOENT") return EMPTY_DOCUMENT;
      throw new OperatorFileError(
        `The operator file ${this.path} cannot be read: ${errorCode(error) ?? String(error)}.`,
      );
    }
    await this.refuseOpenMode();
    return this.parse(text);
  }

  /** Applies `change` to what is on disk and makes the result durable before it returns. */
  async update(change: (document: OperatorDocument) => OperatorDocument): Promise<OperatorDocument> {
    const turn = this.queue.then(() => this.updateAlone(change));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  private async updateAlone(change: (document: OperatorDocument) => OperatorDocument): Promise<OperatorDocument> {
    this.refuseEphemeralMachine();
    try {
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      return await withLockFile(`${this.path}.lock`, LOCK_LIMIT_MS, async () => {
        const before = await this.read();
        const after = change(before);
        if (after !== before) await writeFileAtomically(this.path, formatOperatorDocument(after));
        return after;
      });
    } catch (error) {
      if (error instanceof OperatorFileError) throw error;
      if (error instanceof LockTimeoutError) {
        throw new OperatorFileError(
          `The operator file ${this.path} is being written: ${error.message}. Wait for it and try again.`,
        );
      }
      throw new OperatorFileError(
        `The operator file ${this.path} cannot be written: ${errorCode(error) ?? String(error)}.`,
      );
    }
  }

  private parse(text: string): OperatorDocument {
    try {
      return parseOperatorDocument(text);
    } catch (error) {
      if (!(error instanceof OperatorFileFormatError)) throw error;
      throw new OperatorFileError(
        `The operator file ${this.path} is damaged: ${error.message}. Restore it from a copy; do not delete it, it holds the unseal shares.`,
      );
    }
  }

  private async refuseOpenMode(): Promise<void> {
    if (process.platform === "win32") return;
    const { mode } = await stat(this.path);
    if ((mode & 0o077) === 0) return;
    throw new OperatorFileError(
      `The operator file ${this.path} can be read by others (mode ${(mode & 0o777).toString(8)}). Run: chmod 600 ${this.path}`,
    );
  }

  private refuseEphemeralMachine(): void {
    if (!this.options.ephemeralMachine || this.options.explicit) return;
    throw new OperatorFileError(
      `This looks like a pipeline runner (CI is set), whose disk does not last, and the keys would be written to ${this.path}. ` +
        "Name a durable place in the provider's `operator_file`.",
    );
  }
}
