import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from "node:crypto";
import { hkdfSha256, openAead, sealAead } from "../../sdk/crypto";
import { ServerError } from "../../sdk/errors";
import { ActivationRefused } from "./activation-refusals";

/**
 * Activation tokens for a secondary that cannot reach its primary's API: the bundle itself, encrypted for the key that the
 * secondary made. Ephemeral X25519, HKDF-SHA-256 over both public keys, AES-256-GCM (the shape of RFC 9180's base mode).
 * `mrk1.` | base64url(ephemeral public key (32) | expiry, seconds (8) | sealed bundle)
 */
const PREFIX = "mrk1.";
const PUBLIC_KEY_BYTES = 32;
const EXPIRY_BYTES = 8;
const NONCE_BYTES = 12;
const TOKEN_CHARACTERS_MAX = 64 * 1024;
/** SubjectPublicKeyInfo of an X25519 key up to its 32 bytes (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from("302a300506032b656e032100", "hex");

export function isSealedToken(token: string): boolean {
  return token.startsWith(PREFIX);
}

/** A new private key, PKCS#8 PEM. */
export function createActivationKey(): string {
  return generateKeyPairSync("x25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** What the operator carries to the primary: base64 of the raw 32 bytes. */
export function publicKeyOf(privateKeyPem: string): string {
  return rawPublicKey(createPublicKey(createPrivateKey(privateKeyPem))).toString("base64");
}

/** @throws invalid_request when it is no public key of `publicKeyOf` */
export function sealBundle(bundle: Buffer, recipientPublicKey: string, expiresAtSeconds: number): string {
  const recipient = readPublicKey(Buffer.from(recipientPublicKey.trim(), "base64"));
  const ephemeral = generateKeyPairSync("x25519");
  const head = Buffer.alloc(PUBLIC_KEY_BYTES + EXPIRY_BYTES);
  rawPublicKey(ephemeral.publicKey).copy(head);
  head.writeBigUInt64BE(BigInt(expiresAtSeconds), PUBLIC_KEY_BYTES);
  const key = sharedKey(ephemeral.privateKey, recipient, head.subarray(0, PUBLIC_KEY_BYTES), rawPublicKey(recipient));
  // The key is used this once, so its nonce need not vary.
  const sealed = sealAead(key, Buffer.alloc(NONCE_BYTES), bundle, head);
  key.fill(0);
  return PREFIX + Buffer.concat([head, sealed]).toString("base64url");
}

/** @throws invalid_request when it was made for another key, was altered or has expired */
export function openSealedToken(token: string, privateKeyPem: string, nowSeconds: number): Buffer {
  const bytes = Buffer.from(token.slice(PREFIX.length), "base64url");
  if (token.length > TOKEN_CHARACTERS_MAX || bytes.length <= PUBLIC_KEY_BYTES + EXPIRY_BYTES) throw notForUs();
  const head = bytes.subarray(0, PUBLIC_KEY_BYTES + EXPIRY_BYTES);
  const own = createPrivateKey(privateKeyPem);
  const ephemeral = readPublicKey(head.subarray(0, PUBLIC_KEY_BYTES));
  const key = sharedKey(own, ephemeral, head.subarray(0, PUBLIC_KEY_BYTES), rawPublicKey(createPublicKey(own)));
  const bundle = openAead(key, bytes.subarray(head.length), head);
  key.fill(0);
  if (bundle === undefined) throw notForUs();
  if (Number(head.readBigUInt64BE(PUBLIC_KEY_BYTES)) <= nowSeconds) {
    bundle.fill(0);
    throw new ActivationRefused("expired", "the activation token has expired; make a new one on the primary");
  }
  return bundle;
}

function sharedKey(privateKey: KeyObject, publicKey: KeyObject, ephemeral: Buffer, recipient: Buffer): Buffer {
  try {
    const secret = diffieHellman({ privateKey, publicKey });
    const key = hkdfSha256(secret, Buffer.concat([ephemeral, recipient]), "meridian activation", 32);
    secret.fill(0);
    return key;
  } catch (cause) {
    // A point of small order: its shared secret would be the same for everybody.
    throw new ServerError("invalid_request", { publicText: NOT_A_KEY, cause });
  }
}

const NOT_A_KEY = "secondary_public_key is no public key from generate-public-key";

function readPublicKey(raw: Buffer): KeyObject {
  if (raw.length !== PUBLIC_KEY_BYTES) throw new ServerError("invalid_request", NOT_A_KEY);
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: "der", type: "spki" });
}

function rawPublicKey(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" }).subarray(SPKI_PREFIX.length);
}

function notForUs(): ServerError {
  return new ActivationRefused(
    "altered",
    "the activation token was not made for this cluster's public key, or was altered",
  );
}
