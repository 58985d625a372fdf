/** Bytes of a multiset hash and of every sum of them. */
export const CHECKSUM_BYTES = 32;

/** The sum of nothing. A buffer of its own. */
export function zeroChecksum(): Buffer {
  return Buffer.alloc(CHECKSUM_BYTES);
}

/** A zero sum for short use: its bytes share a slab with others, which a long life would keep in memory. */
export function scratchChecksum(): Buffer {
  return Buffer.allocUnsafe(CHECKSUM_BYTES).fill(0);
}

/** sum = sum + addend modulo 2^256, in place, big-endian; the sum lies at `offset` of its buffer. */
export function addChecksum(sum: Buffer, addend: Buffer, offset = 0): void {
  let carry = 0;
  for (let at = CHECKSUM_BYTES - 1; at >= 0; at--) {
    const digit = (sum[offset + at] ?? 0) + (addend[at] ?? 0) + carry;
    sum[offset + at] = digit;
    carry = digit >> 8;
  }
}

/** sum = sum - subtrahend modulo 2^256, in place, big-endian. */
export function subtractChecksum(sum: Buffer, subtrahend: Buffer): void {
  let borrow = 0;
  for (let at = CHECKSUM_BYTES - 1; at >= 0; at--) {
    const digit = (sum[at] ?? 0) - (subtrahend[at] ?? 0) - borrow;
    sum[at] = digit;
    borrow = digit < 0 ? 1 : 0;
  }
}

export function isZeroChecksum(sum: Buffer): boolean {
  return sum.every((byte) => byte === 0);
}
