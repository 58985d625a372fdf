import { base62From, type Random } from "../random";

/** Reproducible bytes (mulberry32). For tests only: whoever sees some output can compute the rest. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const bytes = (count: number): Buffer => {
    const buffer = Buffer.alloc(count);
    for (let index = 0; index < count; index++) buffer[index] = next() >>> 24;
    return buffer;
  };
  return {
    bytes,
    uuid: () => uuidOf(bytes(16)),
    base62: (length) => base62From(bytes, length),
    integerBelow: (limit) => Math.floor((next() / 2 ** 32) * limit),
  };
}

/** RFC 9562, version 4. */
function uuidOf(bytes: Buffer): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
