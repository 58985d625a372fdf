import { ServerError } from "../../sdk/errors";

/** A usable OpenPGP public key (RFC 9580): can encrypt, is neither expired nor revoked. */
async function readKey(publicKey: string) {
  // Loaded at the first use: few servers ever need it.
  const openpgp = await import("openpgp");
  try {
    const key = await openpgp.readKey({ binaryKey: Buffer.from(publicKey, "base64") });
    await key.getEncryptionKey();
    return key.toPublic();
  } catch (error) {
    throw new ServerError("invalid_request", { publicText: "a PGP key could not be used to encrypt", cause: error });
  }
}

/**
 * Lower-case hex, by which its owner knows the key.
 * @param publicKey base64 of a binary public key, as the API takes it
 * @throws invalid_request when the key cannot be used to encrypt
 */
export async function pgpFingerprint(publicKey: string): Promise<string> {
  return (await readKey(publicKey)).getFingerprint().toLowerCase();
}

/**
 * Encrypts one text to one OpenPGP key: binary message.
 * @param publicKey base64 of a binary public key, as the API takes it
 * @throws invalid_request when the key cannot be used
 */
export async function encryptToPgpKey(publicKey: string, text: Buffer): Promise<Buffer> {
  const openpgp = await import("openpgp");
  const encryptionKeys = await readKey(publicKey);
  const message = await openpgp.createMessage({ binary: text });
  return Buffer.from(await openpgp.encrypt({ message, encryptionKeys, format: "binary" }));
}
