import { createHash } from "node:crypto";
import { base62From, type Random } from "../../server/sdk/random";

/** A small fast generator (sfc32) seeded by names: each user of randomness has a stream of its own. */
export class SeededRandom implements Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(...names: readonly (string | number)[]) {
    const seed = createHash("sha256").update(names.join("/")).digest();
    this.a = seed.readInt32LE(0);
    this.b = seed.readInt32LE(4);
    this.c = seed.readInt32LE(8);
  }

  bytes(count: number): Buffer {
    const bytes = Buffer.alloc(count);
    for (let at = 0; at < count; at += 4) {
      const word = this.next();
      for (let byte = 0; byte < 4 && at + byte < count; byte += 1) bytes[at + byte] = (word >>> (8 * byte)) & 255;
    }
    return bytes;
  }

  uuid(): string {
    const hex = this.bytes(16).toString("hex");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  base62(length: number): string {
    return base62From((count) => this.bytes(count), length);
  }

  integerBelow(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** In [0, 1). */
  fraction(): number {
    return this.next() / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + this.fraction() * (high - low);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** @throws RangeError for no items */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.integerBelow(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  private next(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    return sum >>> 0;
  }
}
