import fc from "fast-check";
import { HmacKey, hmacSha256, takeSecretKey } from "./crypto";

test("equal to the native HMAC-SHA256 for every key length and every split of any message", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.uint8Array({ maxLength: 600 }),
      (secret, text, bytes) => {
        const key = new HmacKey(takeSecretKey(Buffer.from(secret)));
        const message = Buffer.from(bytes);
        expect(key.digest(text, message)).toEqual(hmacSha256(Buffer.from(secret), text, message));
        expect(key.firstUint16(text)).toBe(hmacSha256(Buffer.from(secret), text).readUInt16BE(0));
      },
    ),
  );
});

test("equal to it also where the input is too long to be joined, and without bytes", () => {
  const key = new HmacKey(takeSecretKey(Buffer.alloc(32, 3)));
  for (const length of [0, 16_383, 16_384, 16_385, 100_000]) {
    const message = Buffer.alloc(length, 7);
    expect(key.digest("", message)).toEqual(hmacSha256(Buffer.alloc(32, 3), "", message));
    expect(key.digest("é".repeat(length / 2))).toEqual(hmacSha256(Buffer.alloc(32, 3), "é".repeat(length / 2)));
  }
});
