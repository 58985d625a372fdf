import fc from "fast-check";
import { hmacSha256 } from "./crypto";
import { ShortHmac } from "./short-hmac";

test("equal to the native HMAC-SHA256 for every length around the block borders", () => {
  for (const keyLength of [0, 1, 32, 63, 64, 65, 200]) {
    const key = Buffer.alloc(keyLength, keyLength);
    const short = new ShortHmac(key);
    for (let length = 0; length < 300; length++) {
      const text = "x".repeat(length);
      expect(short.hex(text)).toBe(hmacSha256(key, text).toString("hex"));
    }
  }
});

test("equal to the native HMAC-SHA256 for any text", () => {
  const key = Buffer.alloc(32, 9);
  const short = new ShortHmac(key);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
      expect(short.hex(text)).toBe(hmacSha256(key, text).toString("hex"));
    }),
  );
});
