import type { ViewValue } from "../sdk/view";

interface Cached {
  /** Undefined: the key does not exist. */
  readonly value: ViewValue | undefined;
  readonly sizeBytes: number;
  /** Since the hand passed last. */
  used: boolean;
}

/** Bytes that an entry costs beside its value, about. */
const OVERHEAD_BYTES = 200;

/**
 * Decrypted values, bounded in bytes. Knows no storage: `invalidate` must be told of every write.
 *
 * What has to go is found as in SIEVE (Zhang et al., NSDI 2024): a hand goes from the oldest to the newest, spares what was used
 * since it passed, and takes the rest. A use moves nothing. With the map's order as the order of use, each use of a key would
 * leave a deleted entry in the key's hash chain, and the next one would walk them all: tens of microseconds for the keys of every
 * request, once the cache is large.
 */
export class ValueCache {
  private readonly entries = new Map<string, Cached>();
  private hand = this.entries.entries();
  /** Reads under way; a write to the key takes its read out, so that what it found is not kept. */
  private readonly reading = new Map<string, Promise<ViewValue | undefined>>();
  private bytes = 0;

  constructor(private readonly bytesMax: number) {}

  /** Undefined: not cached. */
  peek(path: string): Cached | undefined {
    const cached = this.entries.get(path);
    if (cached !== undefined) cached.used = true;
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
    this.reading.delete(path);
    this.keep(path, value);
  }

  invalidate(path: string): void {
    this.reading.delete(path);
    this.drop(path);
  }

  clear(): void {
    this.reading.clear();
    this.entries.clear();
    this.bytes = 0;
  }

  private keep(path: string, value: ViewValue | undefined): void {
    const sizeBytes = OVERHEAD_BYTES + path.length + (value?.value.length ?? 0);
    // A large value would push out everything else for one read.
    if (sizeBytes > this.bytesMax / 8) {
      this.drop(path);
      return;
    }
    const known = this.entries.get(path);
    if (known !== undefined) this.entries.set(path, { value, sizeBytes, used: true });
    this.bytes += sizeBytes - (known?.sizeBytes ?? 0);
    // Room is made before something new comes in: the hand must not meet it before anybody could use it.
    while (this.bytes > this.bytesMax) this.advance();
    if (known === undefined) this.entries.set(path, { value, sizeBytes, used: false });
  }

  private advance(): void {
    const next = this.hand.next();
    if (next.done === true) {
      this.hand = this.entries.entries();
      return;
    }
    const [path, cached] = next.value;
    if (cached.used) cached.used = false;
    else this.drop(path);
  }

  private drop(path: string): void {
    this.bytes -= this.entries.get(path)?.sizeBytes ?? 0;
    this.entries.delete(path);
  }
}
