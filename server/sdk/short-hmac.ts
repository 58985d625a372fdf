import { hmacSha256, sha256 } from "./crypto";

const BLOCK_BYTES = 64;
/** Longer inputs go to the native implementation, which is faster from about there on. */
const SHORT_BYTES_MAX = 512;

/** FIPS 180-4, 4.2.2. */
const ROUND = Uint32Array.of(
  0x428a2f98,
  0x71374491,
  0xb5c0fbcf,
  0xe9b5dba5,
  0x3956c25b,
  0x59f111f1,
  0x923f82a4,
  0xab1c5ed5,
  0xd807aa98,
  0x12835b01,
  0x243185be,
  0x550c7dc3,
  0x72be5d74,
  0x80deb1fe,
  0x9bdc06a7,
  0xc19bf174,
  0xe49b69c1,
  0xefbe4786,
  0x0fc19dc6,
  0x240ca1cc,
  0x2de92c6f,
  0x4a7484aa,
  0x5cb0a9dc,
  0x76f988da,
  0x983e5152,
  0xa831c66d,
  0xb00327c8,
  0xbf597fc7,
  0xc6e00bf3,
  0xd5a79147,
  0x06ca6351,
  0x14292967,
  0x27b70a85,
  0x2e1b2138,
  0x4d2c6dfc,
  0x53380d13,
  0x650a7354,
  0x766a0abb,
  0x81c2c92e,
  0x92722c85,
  0xa2bfe8a1,
  0xa81a664b,
  0xc24b8b70,
  0xc76c51a3,
  0xd192e819,
  0xd6990624,
  0xf40e3585,
  0x106aa070,
  0x19a4c116,
  0x1e376c08,
  0x2748774c,
  0x34b0bcb5,
  0x391c0cb3,
  0x4ed8aa4a,
  0x5b9cca4f,
  0x682e6ff3,
  0x748f82ee,
  0x78a5636f,
  0x84c87814,
  0x8cc70208,
  0x90befffa,
  0xa4506ceb,
  0xbef9a3f7,
  0xc67178f2,
);
/** FIPS 180-4, 5.3.3. */
const INITIAL = Uint32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);

const schedule = new Int32Array(64);

/** One block of SHA-256 (FIPS 180-4, 6.2.2), in time that does not depend on the data. */
function compress(state: Uint32Array, block: Buffer, offset: number): void {
  const w = schedule;
  for (let index = 0; index < 16; index++) w[index] = block.readInt32BE(offset + index * 4);
  for (let index = 16; index < 64; index++) {
    const early = w[index - 15] ?? 0;
    const late = w[index - 2] ?? 0;
    const s0 = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
    const s1 = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
    w[index] = ((w[index - 16] ?? 0) + s0 + (w[index - 7] ?? 0) + s1) | 0;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = [
    state[0],
    state[1],
    state[2],
    state[3],
    state[4],
    state[5],
    state[6],
    state[7],
  ];
  for (let index = 0; index < 64; index++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND[index] ?? 0) + (w[index] ?? 0)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = (state[0] ?? 0) + a;
  state[1] = (state[1] ?? 0) + b;
  state[2] = (state[2] ?? 0) + c;
  state[3] = (state[3] ?? 0) + d;
  state[4] = (state[4] ?? 0) + e;
  state[5] = (state[5] ?? 0) + f;
  state[6] = (state[6] ?? 0) + g;
  state[7] = (state[7] ?? 0) + h;
}

/**
 * HMAC-SHA256 (RFC 2104) of many short texts under one key: the native object costs more to make than a short text costs to
 * hash. The key's two blocks are hashed once.
 */
export class ShortHmac {
  private readonly key: Buffer;
  private readonly inner = Uint32Array.from(INITIAL);
  private readonly outer = Uint32Array.from(INITIAL);
  private readonly state = new Uint32Array(8);
  private readonly message = Buffer.alloc(SHORT_BYTES_MAX + 2 * BLOCK_BYTES);
  private readonly digest = Buffer.alloc(BLOCK_BYTES);

  constructor(key: Buffer) {
    this.key = Buffer.from(key);
    const padded = Buffer.alloc(BLOCK_BYTES);
    (key.length > BLOCK_BYTES ? sha256(key) : key).copy(padded);
    compress(this.inner, xored(padded, 0x36), 0);
    compress(this.outer, xored(padded, 0x5c), 0);
  }

  /** Lower-case hex, 64 characters. */
  hex(text: string): string {
    if (text.length * 3 > SHORT_BYTES_MAX) return hmacSha256(this.key, text).toString("hex");
    const { message, digest, state } = this;
    const length = message.write(text, 0, "utf8");
    state.set(this.inner);
    finish(state, message, length, length + BLOCK_BYTES);
    for (let index = 0; index < 8; index++) digest.writeUInt32BE(state[index] ?? 0, index * 4);
    state.set(this.outer);
    finish(state, digest, 32, 32 + BLOCK_BYTES);
    for (let index = 0; index < 8; index++) digest.writeUInt32BE(state[index] ?? 0, index * 4);
    return digest.toString("hex", 0, 32);
  }
}

function xored(block: Buffer, byte: number): Buffer {
  return Buffer.from(block.map((value) => value ^ byte));
}

/** Pads in place (FIPS 180-4, 5.1.1) and hashes the blocks. */
function finish(state: Uint32Array, bytes: Buffer, length: number, totalLength: number): void {
  const blocks = ((length + 9 + BLOCK_BYTES - 1) / BLOCK_BYTES) | 0;
  const end = blocks * BLOCK_BYTES;
  bytes.fill(0, length, end);
  bytes[length] = 0x80;
  bytes.writeUInt32BE(totalLength * 8, end - 4);
  for (let offset = 0; offset < end; offset += BLOCK_BYTES) compress(state, bytes, offset);
}
