import { KEYRING_KEY } from "../barrier/keyring";
import { decodeLineage, encodeLineage, lineageKey } from "../barrier/lineages";
import { valueKeyId } from "../barrier/sealed-value";
import type { ValueCipher } from "../barrier/value-cipher";
import type { GenerationWriter } from "../replication/log/generation-writer";
import { SHIPPED } from "../replication/log/shipped-classes";
import type { ActivateOptions, BuildProgress, GenerationBuilder, PairImport } from "../sdk/barrier";
import { CHECKSUM_BYTES } from "../sdk/checksum";
import type {
  AppendOperation,
  Epoch,
  ExportedPair,
  KeyClass,
  LogEntry,
  LoggedClass,
  ReplicationMode,
  UpstreamCursor,
} from "../sdk/log";
import { LogDivergence } from "../sdk/log";
import { decodeProgress, encodeProgress, NO_PROGRESS } from "./build-record";
import { PipelinedImport } from "./pipelined-import";

/** Epochs, cursor and own keys of a generation that is ready. */
export interface FinishedBuild {
  readonly operations: readonly AppendOperation[];
  readonly epochs: Readonly<Record<ReplicationMode, Epoch>>;
  readonly cursors: Readonly<Record<ReplicationMode, UpstreamCursor | undefined>>;
}

export interface BuilderOptions {
  readonly mode: ReplicationMode;
  readonly clusterId: string;
  readonly writer: GenerationWriter;
  /** Over the keyring of the set. */
  readonly cipher: ValueCipher;
  readonly onActivate: (finished: FinishedBuild) => Promise<void>;
  readonly onDiscard: () => Promise<void>;
}

interface Change {
  readonly class: LoggedClass;
  readonly key: string;
  readonly value: Buffer | undefined;
}

export async function openBuilder(options: BuilderOptions): Promise<GenerationBuilder> {
  const stored = await options.writer.progress();
  return new StoredGenerationBuilder(options, stored === undefined ? NO_PROGRESS : decodeProgress(stored));
}

class StoredGenerationBuilder implements GenerationBuilder {
  readonly mode: ReplicationMode;

  constructor(
    private readonly options: BuilderOptions,
    private latest: BuildProgress,
  ) {
    this.mode = options.mode;
  }

  progress(): BuildProgress {
    return this.latest;
  }

  async importPairs(pairs: readonly ExportedPair[], progress: BuildProgress): Promise<void> {
    await this.write(pairs, progress);
  }

  beginImport(): PairImport {
    return new PipelinedImport({
      prepare: async (pairs, progress) => {
        this.check(pairs, progress);
        return await this.options.writer.prepare(pairs, encodeProgress(progress));
      },
      write: (pairs, progress) => this.options.writer.write(pairs, encodeProgress(progress)),
      settled: (progress) => {
        this.latest = progress;
      },
    });
  }

  async applyEntries(entries: readonly LogEntry[], progress: BuildProgress): Promise<void> {
    await this.write(
      entries.flatMap((entry) => entry.operations),
      progress,
    );
  }

  readCiphertexts(keyClass: LoggedClass, keys: readonly string[]): Promise<readonly (Buffer | undefined)[]> {
    return this.options.writer.readCiphertexts(keyClass, keys);
  }

  async carry(nodeKeys: ActivateOptions["nodeKeys"]): Promise<void> {
    const operations = nodeKeys.map(({ key, value }) => this.encrypted("node", key, value));
    await this.options.writer.write(operations, encodeProgress(this.latest));
  }

  checksums(): UpstreamCursor["checksums"] {
    const { replicated, local } = this.options.writer.state.checksums;
    return { replicated, local: this.mode === "dr" ? local : Buffer.alloc(CHECKSUM_BYTES) };
  }

  async activate({ cursor, lineages, nodeKeys }: ActivateOptions): Promise<void> {
    const own = this.checksums();
    for (const keyClass of SHIPPED[this.mode]) {
      if (!own[keyClass].equals(cursor.checksums[keyClass])) {
        throw new LogDivergence(cursor.index, `checksum of class ${keyClass} after the import`);
      }
    }
    const operations = nodeKeys.map(({ key, value }) => this.encrypted("node", key, value));
    // On a DR secondary the lineages came with the upstream's data, and another byte would make it differ.
    const lineage = this.mode === "performance" ? lineages.performance : undefined;
    if (lineage !== undefined) {
      operations.push(this.encrypted("local", lineageKey("performance"), encodeLineage(lineage)));
    }
    const epochs = { ...(await this.otherEpochs(cursor)), [this.mode]: cursor.epoch };
    const cursors = { performance: undefined, dr: undefined, [this.mode]: cursor };
    await this.options.onActivate({ operations, epochs, cursors });
  }

  discard(): Promise<void> {
    return this.options.onDiscard();
  }

  private async write(changes: readonly Change[], progress: BuildProgress): Promise<void> {
    this.check(changes, progress);
    await this.options.writer.write(changes, encodeProgress(progress));
    this.latest = progress;
  }

  private check(changes: readonly Change[], progress: BuildProgress): void {
    if (progress.note.length > 64 * 1024) throw new RangeError("the note is too long");
    const opened = new Set<string>();
    for (const change of changes) this.verify(change, opened);
  }

  /**
   * Opens one value under each key of the keyring: enough to find a keyring that is not the one these were sealed with. Each
   * single byte is proven by the checksums in the end. A value under a key that this keyring does not have yet (rotated while
   * the import runs) is left to them as well.
   * @param opened ids of the keys that opened a value of these changes already
   * @throws `corrupt` for a value that does not open
   */
  private verify({ class: keyClass, key, value }: Change, opened: Set<string>): void {
    if (!SHIPPED[this.mode].includes(keyClass)) {
      throw new LogDivergence(0, `${keyClass} key shipped in ${this.mode} mode`);
    }
    if (value === undefined) return;
    const { cipher } = this.options;
    if (key === KEYRING_KEY) {
      cipher.adoptKeyring(value);
      return;
    }
    const keyId = valueKeyId(value);
    if (keyId !== undefined && (opened.has(keyId) || !cipher.hasKeyOf(value))) return;
    cipher.decrypt(keyClass, key, value);
    if (keyId !== undefined) opened.add(keyId);
  }

  /** A DR secondary takes both epochs over; a performance secondary is the first of its own DR set. */
  private async otherEpochs(cursor: UpstreamCursor): Promise<Record<ReplicationMode, Epoch>> {
    const own = { number: 0, clusterId: this.mode === "dr" ? cursor.clusterId : this.options.clusterId };
    const epochs: Record<ReplicationMode, Epoch> = { performance: own, dr: own };
    if (this.mode !== "dr") return epochs;
    for (const mode of ["performance", "dr"] as const) {
      const stored = await this.options.writer.readLocal(lineageKey(mode));
      const lineage = stored && decodeLineage(this.options.cipher.decrypt("local", lineageKey(mode), stored));
      epochs[mode] = lineage?.at(-1)?.epoch ?? own;
    }
    return epochs;
  }

  private encrypted(keyClass: KeyClass, key: string, value: Buffer): AppendOperation {
    return { class: keyClass, key, value: this.options.cipher.encrypt(keyClass, key, value) };
  }
}
