import { openAead, type SecretKey, sealAead, takeSecretKey } from "../../../sdk/crypto";
import type { Random } from "../../../sdk/random";
import type { AutomaticSeal, SealKind, WrappedRootKey } from "../seal-kind";

export interface StaticSealOptions {
  readonly currentKeyId: string;
  /** 32 bytes; taken over and zeroed. */
  readonly currentKey: Buffer;
  /** What the root key may still be wrapped with; it is wrapped with the current key at the next unseal. */
  readonly previous?: { readonly keyId: string; readonly key: Buffer };
  readonly random: Random;
}

const KEY_BYTES = 32;

/**
 * A key from the configuration opens the server at every start.
 * @throws RangeError when a key is not 32 bytes, or both have one id
 */
export function staticSeal(options: StaticSealOptions): SealKind {
  return { type: "static", automatic: new StaticSeal(options) };
}

class StaticSeal implements AutomaticSeal {
  readonly currentKeyId: string;
  private readonly keys = new Map<string, SecretKey>();
  private readonly random: Random;

  constructor({ currentKeyId, currentKey, previous, random }: StaticSealOptions) {
    this.currentKeyId = currentKeyId;
    this.random = random;
    if (previous?.keyId === currentKeyId) throw new RangeError("current_key_id and previous_key_id must differ");
    if (previous !== undefined) this.keys.set(previous.keyId, checkedKey("previous_key", previous.key));
    this.keys.set(currentKeyId, checkedKey("current_key", currentKey));
  }

  async wrap(rootKey: Buffer): Promise<WrappedRootKey> {
    const key = this.keys.get(this.currentKeyId);
    if (key === undefined) throw new Error("the current key is missing");
    const sealed = sealAead(key, this.random.bytes(12), rootKey, boundTo(this.currentKeyId));
    return { keyId: this.currentKeyId, sealed };
  }

  async unwrap({ keyId, sealed }: WrappedRootKey): Promise<Buffer | undefined> {
    const key = this.keys.get(keyId);
    return key && openAead(key, sealed, boundTo(keyId));
  }
}

function checkedKey(name: string, key: Buffer): SecretKey {
  if (key.length !== KEY_BYTES) throw new RangeError(`${name} must be ${KEY_BYTES} bytes, it is ${key.length}`);
  return takeSecretKey(key);
}

function boundTo(keyId: string): Buffer {
  return Buffer.from(`seal/static/${keyId}`);
}
