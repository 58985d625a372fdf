import type { ViewValue } from "../sdk/view";

interface Cached {
  /** Undefined: the key does not exist. */
  readonly value: ViewValue | undefined;
  readonly sizeBytes: number;
}

/** Bytes that an entry costs beside its value, about. */
const OVERHEAD_BYTES = 200;

/** Decrypted values, least recently used out first, bounded in bytes. Knows no storage: `invalidate` must be told of every write. */
export class ValueCache {
  private readonly entries = new Map<string, Cached>();
  /** Reads under way; a write to the key takes its read out, so that what it found is not kept. */
  private readonly reading = new Map<string, Promise<ViewValue | undefined>>();
  private bytes = 0;

  constructor(private readonly bytesMax: number) {}

  /** Undefined: not cached. */
  peek(path: string): Cached | undefined {
    const cached = this.entries.get(path);
    if (cached !== undefined) {
      this.entries.delete(path);
      this.entries.set(path, cached);
    }
    return cached;
  }

  /** The cached value, or what `read` finds; reads of one key at the same time are one. */
  async get(path: string, read: () => Promise<ViewValue | undefined>): Promise<ViewValue | undefined> {
    const cached = this.peek(path);
    if (cached !== undefined) return cached.value;
    const underWay = this.reading.get(path);
    if (underWay !== undefined) return underWay;
    const reading = read();
    this.reading.set(path, reading);
    try {
      const value = await reading;
      if (this.reading.get(path) === reading) this.keep(path, value);
      return value;
    } finally {
      if (this.reading.get(path) === reading) this.reading.delete(path);
    }
  }

  /** A write to the key: the cache now has what was written. */
  replace(path: string, value: ViewValue): void {
    this.invalidate(path);
    this.keep(path, value);
  }

  invalidate(path: string): void {
    this.reading.delete(path);
    const cached = this.entries.get(path);
    if (cached === undefined) return;
    this.bytes -= cached.sizeBytes;
    this.entries.delete(path);
  }

  clear(): void {
    this.reading.clear();
    this.entries.clear();
    this.bytes = 0;
  }

  private keep(path: string, value: ViewValue | undefined): void {
    const sizeBytes = OVERHEAD_BYTES + path.length + (value?.value.length ?? 0);
    // A large value would push out everything else for one read.
    if (sizeBytes > this.bytesMax / 8) return;
    this.invalidateEntry(path);
    this.entries.set(path, { value, sizeBytes });
    this.bytes += sizeBytes;
    for (const oldest of this.entries.keys()) {
      if (this.bytes <= this.bytesMax) break;
      this.invalidateEntry(oldest);
    }
  }

  private invalidateEntry(path: string): void {
    this.bytes -= this.entries.get(path)?.sizeBytes ?? 0;
    this.entries.delete(path);
  }
}
