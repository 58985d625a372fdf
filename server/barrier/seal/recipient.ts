import {
  createCipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { ServerError } from "../../sdk/errors";

/**
 * Seals an answer to an X25519 public key (RFC 7748), for a client that may die before it has saved the answer:
 *   ephemeral public key (32) | ciphertext | tag (16)
 *   key (32) | nonce (12) = HKDF-SHA256(secret = X25519(ephemeral, recipient), salt = ephemeral public | recipient public,
 *                                       info = "meridian sys/init answer"), AES-256-GCM, no authenticated data.
 * The nonce may be derived because the ephemeral key, and so the AES key, is used once.
 */
const PUBLIC_KEY_BYTES = 32;
const INFO = "meridian sys/init answer";

/** @throws invalid_request when it is no X25519 public key, or one of low order */
export function sealToRecipient(recipient: Buffer, plaintext: Buffer): Buffer {
  const ephemeral = generateKeyPairSync("x25519");
  const ephemeralPublic = rawPublicKey(ephemeral.publicKey);
  const secret = sharedSecret(ephemeral.privateKey, recipient);
  const salt = Buffer.concat([ephemeralPublic, recipient]);
  const material = Buffer.from(hkdfSync("sha256", secret, salt, INFO, 44));
  const cipher = createCipheriv("aes-256-gcm", material.subarray(0, 32), material.subarray(32));
  const sealed = Buffer.concat([ephemeralPublic, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  secret.fill(0);
  material.fill(0);
  return sealed;
}

function sharedSecret(privateKey: KeyObject, recipient: Buffer): Buffer {
  if (recipient.length !== PUBLIC_KEY_BYTES) {
    throw new ServerError("invalid_request", `the recipient must be an X25519 public key of ${PUBLIC_KEY_BYTES} bytes`);
  }
  try {
    return diffieHellman({ privateKey, publicKey: publicKeyFromRaw(recipient) });
  } catch (error) {
    throw new ServerError("invalid_request", {
      publicText: "the recipient is no usable X25519 public key",
      cause: error,
    });
  }
}

function publicKeyFromRaw(raw: Buffer): KeyObject {
  return createPublicKey({ key: { kty: "OKP", crv: "X25519", x: raw.toString("base64url") }, format: "jwk" });
}

function rawPublicKey(key: KeyObject): Buffer {
  const { x } = key.export({ format: "jwk" });
  if (x === undefined) throw new Error("an X25519 key without a public value");
  return Buffer.from(x, "base64url");
}
