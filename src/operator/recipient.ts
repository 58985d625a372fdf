import {
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import type { RecipientKeys } from "./operator-document";

/** RFC 8410: what stands before the 32 raw bytes of an X25519 key in its DER form. */
const PRIVATE_KEY_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex");
const PUBLIC_KEY_PREFIX = Buffer.from("302a300506032b656e032100", "hex");
const KEY_BYTES = 32;

export function makeRecipient(): RecipientKeys {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  return { privateKey: rawBytes(privateKey, "pkcs8"), publicKey: rawBytes(publicKey, "spki") };
}

/** SHA-256 of the raw public key, hexadecimal. */
export function recipientFingerprint(keys: RecipientKeys): string {
  return createHash("sha256").update(Buffer.from(keys.publicKey, "base64")).digest("hex");
}

function privateKeyObject(rawBase64: string): KeyObject {
  const der = Buffer.concat([PRIVATE_KEY_PREFIX, Buffer.from(rawBase64, "base64")]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

function publicKeyObject(raw: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([PUBLIC_KEY_PREFIX, raw]), format: "der", type: "spki" });
}

function rawBytes(key: KeyObject, type: "pkcs8" | "spki"): string {
  const der = type === "spki" ? key.export({ format: "der", type }) : key.export({ format: "der", type: "pkcs8" });
  return der.subarray(der.length - KEY_BYTES).toString("base64");
}

/** What sys/init derives the key and nonce with, beside the shared secret. */
const INFO = "meridian sys/init answer";
const TAG_BYTES = 16;

/**
 * Opens the answer of sys/init: `ephemeral public key (32) | ciphertext | tag (16)`, AES-256-GCM with key (32) and nonce (12)
 * from HKDF-SHA256(X25519 secret, salt = ephemeral public | recipient public).
 *
 * @throws Error if it was not made for this recipient or was altered.
 */
export function openForRecipient(keys: RecipientKeys, sealed: Buffer): Buffer {
  if (sealed.length < KEY_BYTES + TAG_BYTES) throw new Error("the encrypted answer is too short");
  const ephemeral = sealed.subarray(0, KEY_BYTES);
  const secret = diffieHellman({
    privateKey: privateKeyObject(keys.privateKey),
    publicKey: publicKeyObject(ephemeral),
  });
  const salt = Buffer.concat([ephemeral, Buffer.from(keys.publicKey, "base64")]);
  const material = Buffer.from(hkdfSync("sha256", secret, salt, INFO, 44));
  const decipher = createDecipheriv("aes-256-gcm", material.subarray(0, 32), material.subarray(32));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(KEY_BYTES, sealed.length - TAG_BYTES)), decipher.final()]);
}

/** What `sys/init/confirm` asks for: base64 SHA-256 of the root token, which only a reader of the answer knows. */
export function initializationProof(rootToken: string): string {
  return createHash("sha256").update(rootToken).digest("base64");
}
