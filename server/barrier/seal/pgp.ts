import { ServerError } from "../../sdk/errors";

/**
 * Encrypts one text to one OpenPGP key (RFC 9580): binary message. The library is loaded only here, on first use.
 * @param publicKey base64 of a binary public key, as the API takes it
 * @throws invalid_request when the key cannot be used
 */
export async function encryptToPgpKey(publicKey: string, text: Buffer): Promise<Buffer> {
  const openpgp = await import("openpgp");
  try {
    const encryptionKeys = await openpgp.readKey({ binaryKey: Buffer.from(publicKey, "base64") });
    const message = await openpgp.createMessage({ binary: text });
    return Buffer.from(await openpgp.encrypt({ message, encryptionKeys, format: "binary" }));
  } catch (error) {
    throw new ServerError("invalid_request", { publicText: "a PGP key could not be used to encrypt", cause: error });
  }
}
