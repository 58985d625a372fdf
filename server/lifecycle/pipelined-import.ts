import type { BuildProgress, PairImport } from "../sdk/barrier";
import type { ExportedPair } from "../sdk/log";

/** What writes the chunks. */
export interface ChunkWriter {
  /** Prepares a commit while the one before is under way; undefined: it has to wait for that. */
  prepare(pairs: readonly ExportedPair[], progress: BuildProgress): Promise<(() => Promise<void>) | undefined>;
  write(pairs: readonly ExportedPair[], progress: BuildProgress): Promise<void>;
  /** Everything up to here is durable. */
  settled(progress: BuildProgress): void;
}

/** One chunk is prepared while another is written: a commit is handed over only after the one before is durable. */
export class PipelinedImport implements PairImport {
  /** Of the chunk handed over last; once it rejects nothing more is written. */
  private durable: Promise<void> = Promise.resolve();

  constructor(private readonly writer: ChunkWriter) {}

  async add(pairs: readonly ExportedPair[], progress: BuildProgress): Promise<void> {
    const commit = await this.writer.prepare(pairs, progress);
    await this.durable;
    const written = commit === undefined ? this.writer.write(pairs, progress) : commit();
    this.durable = written.then(() => this.writer.settled(progress));
    this.durable.catch(() => undefined);
  }

  finish(): Promise<void> {
    return this.durable;
  }
}
