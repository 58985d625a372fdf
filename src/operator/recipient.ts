import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
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

export function privateKeyObject(rawBase64: string): KeyObject {
  const der = Buffer.concat([PRIVATE_KEY_PREFIX, Buffer.from(rawBase64, "base64")]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

export function publicKeyObject(raw: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([PUBLIC_KEY_PREFIX, raw]), format: "der", type: "spki" });
}

function rawBytes(key: KeyObject, type: "pkcs8" | "spki"): string {
  const der = type === "spki" ? key.export({ format: "der", type }) : key.export({ format: "der", type: "pkcs8" });
  return der.subarray(der.length - KEY_BYTES).toString("base64");
}
