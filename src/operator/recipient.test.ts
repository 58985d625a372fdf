import { createCipheriv, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync } from "node:crypto";
import { makeRecipient, openForRecipient, recipientFingerprint } from "./recipient";

/** The server's side, written here from the layout alone. */
function seal(recipientPublic: string, text: string): Buffer {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  const ephemeral = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const raw = Buffer.from(recipientPublic, "base64");
  const peer = createPublicKey({ key: { kty: "OKP", crv: "X25519", x: raw.toString("base64url") }, format: "jwk" });
  const secret = diffieHellman({ privateKey, publicKey: peer });
  const material = Buffer.from(
    hkdfSync("sha256", secret, Buffer.concat([ephemeral, raw]), "meridian sys/init answer", 44),
  );
  const cipher = createCipheriv("aes-256-gcm", material.subarray(0, 32), material.subarray(32));
  return Buffer.concat([ephemeral, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

test("opens what was sealed to it, and nothing else", () => {
  const keys = makeRecipient();
  const sealed = seal(keys.publicKey, "the keys");
  expect(openForRecipient(keys, sealed).toString()).toBe("the keys");
  expect(() => openForRecipient(makeRecipient(), sealed)).toThrow();
  for (const position of [0, 40, sealed.length - 1]) {
    const altered = Buffer.from(sealed);
    altered[position] = (altered[position] ?? 0) ^ 1;
    expect(() => openForRecipient(keys, altered)).toThrow();
  }
  expect(() => openForRecipient(keys, sealed.subarray(0, 20))).toThrow("too short");
});

test("keys are 32 bytes, and the fingerprint is of the public one", () => {
  const keys = makeRecipient();
  expect([keys.privateKey, keys.publicKey].map((key) => Buffer.from(key, "base64").length)).toEqual([32, 32]);
  expect(recipientFingerprint(keys)).toMatch(/^[0-9a-f]{64}$/);
});
