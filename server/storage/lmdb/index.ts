import type {
  CommitBatch,
  ListOptions,
  Storage,
  StorageCapabilities,
  StoredPair,
  StoredValue,
} from "../../sdk/storage";
import { capabilitiesDefault, checkBatch, StorageClosed } from "../../sdk/storage-limits";
import { CommitWriter } from "./commit-writer";
import { createDataFile, removeUnfinished } from "./creation";
import { type DataDirectory, openDataDirectory } from "./directory";
import { type DirectoryLock, lockDirectory } from "./directory-lock";
import { Environment } from "./environment";
import { keyRange } from "./key-range";
import { payloadOf, revisionOf } from "./record";

export interface LmdbStorageOptions {
  /** Directory of the data file; made if it is missing. One process at a time. */
  readonly directory: string;
}

/**
 * Opens the default engine: LMDB, an embedded B+ tree whose commits are copy-on-write and need no recovery after a crash.
 * It comes through the `lmdb` package because that one has prebuilt binaries for all platforms we support and commits on a
 * thread of its own, so that a sync never holds up the event loop.
 * @throws Error naming the directory when it is in use, not ours to use, or of a newer format
 */
export async function openLmdbStorage(options: LmdbStorageOptions): Promise<Storage> {
  const directory = openDataDirectory(options.directory);
  try {
    await createDataFile(directory);
    const environment = await Environment.open(directory.dataFile);
    try {
      const lock = await lockDirectory(directory, (run) => environment.exclusively(run));
      try {
        environment.checkFormat();
        removeUnfinished(directory);
        return new LmdbStorage(directory, environment, lock);
      } catch (error) {
        await lock.release();
        throw error;
      }
    } catch (error) {
      await environment.close();
      throw error;
    }
  } catch (error) {
    directory.close();
    throw error;
  }
}

class LmdbStorage implements Storage {
  readonly capabilities: StorageCapabilities = capabilitiesDefault;
  private readonly writer: CommitWriter;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly directory: DataDirectory,
    private readonly environment: Environment,
    private readonly lock: DirectoryLock,
  ) {
    this.writer = new CommitWriter(environment);
  }

  /** Without a wait in between, so all from one read transaction. */
  async read(keys: readonly string[]): Promise<readonly (StoredValue | undefined)[]> {
    this.check();
    return keys.map((key) => this.readOne(key));
  }

  private readOne(key: string): StoredValue | undefined {
    const bytes = Buffer.from(key);
    if (bytes.length === 0 || bytes.length > this.capabilities.keyBytesMax) return undefined;
    const record = this.environment.data.getBinary(bytes);
    return record && { value: payloadOf(record), revision: revisionOf(record) };
  }

  async list(prefix: string, options: ListOptions): Promise<readonly string[]> {
    this.check();
    const range = keyRange(prefix, options);
    if (range === undefined) return [];
    return Array.from(this.environment.data.getKeys(range), (key) => key.toString());
  }

  async scan(prefix: string, options: ListOptions): Promise<readonly StoredPair[]> {
    this.check();
    const range = keyRange(prefix, options);
    if (range === undefined) return [];
    return Array.from(this.environment.data.getRange(range), ({ key, value }) => ({
      key: key.toString(),
      value: payloadOf(value),
      revision: revisionOf(value),
    }));
  }

  async commit(batch: CommitBatch): Promise<number> {
    this.check();
    checkBatch(batch, this.capabilities);
    return this.writer.commit(batch);
  }

  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    await this.writer.idle();
    await this.environment.close();
    await this.lock.release();
    this.directory.close();
  }

  private check(): void {
    if (this.closing !== undefined) throw new StorageClosed(this.directory.path);
  }
}
