import {
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from "node:crypto";

export interface AnswerRecipient {
  /** 32 bytes, as a client sends it. */
  readonly publicKey: Buffer;
  /** What a client does with `encrypted_answer`, written from the documented format alone. */
  open(sealed: Buffer): Buffer;
}

export function newRecipient(): AnswerRecipient {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  return { publicKey: raw, open: (sealed) => openAnswer(privateKey, raw, sealed) };
}

function openAnswer(privateKey: KeyObject, recipient: Buffer, sealed: Buffer): Buffer {
  const ephemeral = sealed.subarray(0, 32);
  const key = { kty: "OKP", crv: "X25519", x: ephemeral.toString("base64url") };
  const secret = diffieHellman({ privateKey, publicKey: createPublicKey({ key, format: "jwk" }) });
  const salt = Buffer.concat([ephemeral, recipient]);
  const material = Buffer.from(hkdfSync("sha256", secret, salt, "meridian sys/init answer", 44));
  const decipher = createDecipheriv("aes-256-gcm", material.subarray(0, 32), material.subarray(32), {
    authTagLength: 16,
  });
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(32, -16)), decipher.final()]);
}
