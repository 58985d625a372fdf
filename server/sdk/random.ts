import { randomBytes, randomInt, randomUUID } from "node:crypto";

/** The only source of randomness in the server. Injected everywhere, so that a simulator can seed it. */
export interface Random {
  /** `count` unpredictable bytes in a buffer of their own (never a slice of a shared pool). */
  bytes(count: number): Buffer;
  /** A random UUID, version 4, lower case. */
  uuid(): string;
  /** `length` characters of 0-9A-Za-z, uniformly chosen (5.95 bits each). */
  base62(length: number): string;
  /** An integer in [0, limit), uniformly chosen. */
  integerBelow(limit: number): number;
}

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Rejection sampling: a byte of 248 or more would favour the first letters. */
export function base62From(bytes: (count: number) => Buffer, length: number): string {
  let text = "";
  while (text.length < length) {
    for (const byte of bytes(length)) {
      if (byte < 248 && text.length < length) text += BASE62[byte % 62];
    }
  }
  return text;
}

/** The operating system's generator. */
export const systemRandom: Random = {
  bytes: (count) => randomBytes(count),
  uuid: () => randomUUID(),
  base62: (length) => base62From(randomBytes, length),
  integerBelow: (limit) => randomInt(limit),
};
