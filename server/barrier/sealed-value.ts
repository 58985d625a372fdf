import { type SecretKey, sealAead } from "../sdk/crypto";

/** A stored value: format version (1) | key id (8) | nonce (12) | ciphertext | tag (16). The path is authenticated data. */
const VERSION = 1;
const ID_END = 9;

/** Names the root key, which only `core/keyring` is sealed under. */
export const ROOT_KEY_ID = "0000000000000000";

/** What stands in front of every value that is sealed under the key. */
export function valueHeader(keyId: string): Buffer {
  return Buffer.from(`01${keyId}`, "hex");
}

export function sealValue(
  key: SecretKey,
  header: Buffer,
  nonce: Buffer,
  plaintext: Buffer,
  authenticatedData: Buffer,
): Buffer {
  return sealAead(key, nonce, plaintext, authenticatedData, header);
}

/** Id of the key that the value was sealed under; undefined when it is no value of this format. */
export function valueKeyId(value: Buffer): string | undefined {
  return value.length > ID_END && value[0] === VERSION ? value.toString("hex", 1, ID_END) : undefined;
}

/** What `openAead` takes. */
export function valueSealed(value: Buffer): Buffer {
  return value.subarray(ID_END);
}
