import { ABORT, type Database, open, type RootDatabase } from "lmdb";
import { StorageFull } from "../../sdk/storage";
import { encodeRecord, revisionOf } from "./record";
import { hasRoom } from "./room";
import { ValueSlab } from "./value-slab";

const FORMAT = "1";
const FORMAT_KEY = Buffer.from("format");
const REVISION_KEY = Buffer.from("revision");
const EMPTY = Buffer.alloc(0);

/** Address space to start with; the engine grows the map by itself. Not disk space. */
const MAP_START_BYTES = 256 * 1024 * 1024;

/** MDB_MAP_FULL, and what the operating system says of a full disk, a full quota and a file at its limit. */
const FULL_CODES: ReadonlySet<unknown> = new Set([-30792, 28 /* ENOSPC */, 122 /* EDQUOT */, 27 /* EFBIG */]);
const INPUT_OUTPUT_ERROR = 5;

export interface RecordWrite {
  readonly key: Buffer;
  /** The stored form (record.ts); undefined deletes the key. */
  readonly record: Buffer | undefined;
}

/**
 * The two tables of one data file: `data` (records, see record.ts) and `meta` (format, last revision given).
 *
 * Commits are synced by the engine's own thread before they are reported or visible (`overlappingSync: false`). Measured with
 * 300-byte values, grouped by commit-writer.ts: 2,750 commits/s from one committer and 26,000 from 64, against 2,500 and
 * 28,400 with overlapping syncs and waiting for `flushed`; and a restart never has to choose between two states of the file.
 */
export class Environment {
  private constructor(
    private readonly root: RootDatabase<Buffer, Buffer>,
    readonly data: Database<Buffer, Buffer>,
    private readonly meta: Database<Buffer, Buffer>,
    private readonly path: string,
  ) {}

  /** Opens a data file; LMDB fills an empty one with an empty environment. */
  static async open(dataFile: string): Promise<Environment> {
    const root = open<Buffer, Buffer>({
      path: dataFile,
      noSubdir: true,
      encoding: "binary",
      keyEncoding: "binary",
      maxDbs: 2,
      mapSize: MAP_START_BYTES,
      overlappingSync: false,
      // Every write here is in an explicit batch; the library's own one would reject a promise that nobody holds.
      eventTurnBatching: false,
    });
    try {
      const table = { encoding: "binary", keyEncoding: "binary" } as const;
      const slab = new ValueSlab();
      // The library's own copies are an allocation each; it lends its buffer to a decoder, which has to copy what it keeps.
      const encoder = {
        encode: (record: Buffer) => record,
        decode: (lent: Uint8Array, lengthBytes: number) => slab.copy(lent, lengthBytes),
      };
      const copied = { ...table, encoder };
      const data = root.openDB<Buffer, Buffer>("data", copied);
      const meta = root.openDB<Buffer, Buffer>("meta", table);
      return new Environment(root, data, meta, dataFile);
    } catch (error) {
      await root.close();
      throw error;
    }
  }

  /** The first write of a new file. */
  writeFormat(): Promise<void> {
    return this.batch(() => this.meta.put(FORMAT_KEY, Buffer.from(FORMAT)));
  }

  /** @throws Error when the file was written by a server that this one does not understand */
  checkFormat(): void {
    const format = this.meta.get(FORMAT_KEY)?.toString();
    if (format === FORMAT) return;
    throw new Error(
      format === undefined
        ? `${this.path} is not a storage of this server; give it a directory of its own`
        : `${this.path} has format ${format}, this server knows ${FORMAT}; use a newer server`,
    );
  }

  /** Holds the engine's writer lock, which processes share and the kernel frees when one dies, while `run` runs. */
  exclusively<Result>(run: () => Result): Result {
    const results: Result[] = [];
    this.root.transactionSync(() => {
      results.push(run());
      return ABORT;
    });
    const [result] = results;
    if (results.length !== 1) throw new Error("the exclusive section did not run");
    return result as Result;
  }

  /** Highest revision ever given to a record; 0 in a new storage. */
  lastRevision(): number {
    const record = this.meta.get(REVISION_KEY);
    return record === undefined ? 0 : revisionOf(record);
  }

  /** 0 where the key does not exist. */
  revision(key: Buffer): number {
    const record = this.data.getBinaryFast(key);
    return record === undefined ? 0 : revisionOf(record);
  }

  /**
   * Writes all records and the last revision in one transaction; resolves once it is synced.
   * @throws StorageFull, or the engine's error; either way nothing was written
   */
  write(records: readonly RecordWrite[], lastRevision: number): Promise<void> {
    return this.batch(() => {
      for (const { key, record } of records) {
        if (record === undefined) this.data.remove(key);
        else this.data.put(key, record);
      }
      this.meta.put(REVISION_KEY, encodeRecord(lastRevision, EMPTY));
    });
  }

  close(): Promise<void> {
    return this.root.close();
  }

  private async batch(run: () => void): Promise<void> {
    try {
      await this.root.batch(run);
    } catch (error) {
      const cause = await engineError(error);
      throw this.isFull(codeOf(cause)) ? new StorageFull(this.path) : cause;
    } finally {
      this.root.resetReadTxn();
    }
  }

  private isFull(code: unknown): boolean {
    return FULL_CODES.has(code) || (code === INPUT_OUTPUT_ERROR && !hasRoom(this.path));
  }
}

/** The library rejects with a general error whose `commitError` rejects with the engine's. */
async function engineError(error: unknown): Promise<unknown> {
  if (!(error instanceof Error && "commitError" in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (cause) {
    return cause;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
