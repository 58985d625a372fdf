import { openAead, type SecretKey } from "../sdk/crypto";
import { ServerError } from "../sdk/errors";
import { authenticatedPath } from "../sdk/key-layout";
import type { KeyClass } from "../sdk/log";
import type { Random } from "../sdk/random";
import { corruptRecord } from "../sdk/record";
import { Keyring } from "./keyring";
import { sealValue, valueKeyId, valueSealed } from "./sealed-value";

/** Encrypts and decrypts values while the barrier is unsealed; afterwards every call fails with `sealed`. */
export class ValueCipher {
  private keys: { readonly root: SecretKey; readonly ring: Keyring } | undefined;

  constructor(
    rootKey: SecretKey,
    keyring: Keyring,
    readonly random: Random,
  ) {
    this.keys = { root: rootKey, ring: keyring };
  }

  get keyring(): Keyring {
    return this.unsealed().ring;
  }

  get rootKey(): SecretKey {
    return this.unsealed().root;
  }

  get isSealed(): boolean {
    return this.keys === undefined;
  }

  encrypt(keyClass: KeyClass, key: string, plaintext: Buffer): Buffer {
    const { active } = this.keyring;
    const path = Buffer.from(authenticatedPath(keyClass, key));
    return sealValue(active.key, active.id, this.random.bytes(12), plaintext, path);
  }

  /** The plaintext in a buffer of its own. @throws `corrupt` naming the key, `sealed` */
  decrypt(keyClass: KeyClass, key: string, value: Buffer): Buffer {
    const keyId = valueKeyId(value);
    const term = keyId === undefined ? undefined : this.keyring.find(keyId);
    const path = authenticatedPath(keyClass, key);
    const plaintext = term && openAead(term.key, valueSealed(value), Buffer.from(path));
    if (plaintext === undefined) throw corruptRecord(path);
    return plaintext;
  }

  /** Whether the keyring has the key that the value names. */
  hasKeyOf(value: Buffer): boolean {
    const keyId = valueKeyId(value);
    return keyId === undefined || this.keyring.find(keyId) !== undefined;
  }

  /** Takes a stored `core/keyring` into use. @throws `corrupt` */
  adoptKeyring(value: Buffer): void {
    const { root } = this.unsealed();
    this.keys = { root, ring: Keyring.open(root, value) };
  }

  /** Drops the keys: native memory is wiped as it is freed. */
  seal(): void {
    this.keys = undefined;
  }

  private unsealed(): { readonly root: SecretKey; readonly ring: Keyring } {
    if (this.keys === undefined) throw new ServerError("sealed");
    return this.keys;
  }
}
