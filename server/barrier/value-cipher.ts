import { openAead, type SecretKey } from "../sdk/crypto";
import { ServerError } from "../sdk/errors";
import { authenticatedPath } from "../sdk/key-layout";
import type { KeyClass } from "../sdk/log";
import type { Random } from "../sdk/random";
import { corruptRecord } from "../sdk/record";
import { Keyring, type KeyringTerm } from "./keyring";
import { sealValue, valueKeyId, valueSealed } from "./sealed-value";

const NONCE_BYTES = 12;
const NONCES_PER_DRAW = 128;

/** Encrypts and decrypts values while the barrier is unsealed; afterwards every call fails with `sealed`. */
export class ValueCipher {
  private nonces: Buffer = Buffer.alloc(0);
  private keys: { readonly root: SecretKey; readonly ring: Keyring; readonly kept?: Keyring | undefined } | undefined;

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
    return sealValue(active.key, active.header, this.nextNonce(), plaintext, path);
  }

  /** The plaintext in a buffer of its own. @throws `corrupt` naming the key, `sealed` */
  decrypt(keyClass: KeyClass, key: string, value: Buffer): Buffer {
    const keyId = valueKeyId(value);
    const term = keyId === undefined ? undefined : this.termOf(keyId);
    const path = authenticatedPath(keyClass, key);
    const plaintext = term && openAead(term.key, valueSealed(value), Buffer.from(path));
    if (plaintext === undefined) throw corruptRecord(path);
    return plaintext;
  }

  /** Whether the keyring has the key that the value names. */
  hasKeyOf(value: Buffer): boolean {
    const keyId = valueKeyId(value);
    return keyId === undefined || this.termOf(keyId) !== undefined;
  }

  /** Takes a stored `core/keyring` into use. @throws `corrupt` */
  adoptKeyring(value: Buffer): void {
    this.keys = { ...this.unsealed(), ring: Keyring.open(this.rootKey, value) };
  }

  /** The keys in use and those kept from before. */
  allKeys(): Keyring {
    const { ring, kept } = this.unsealed();
    return kept === undefined ? ring : ring.withTermsOf(kept);
  }

  /** Keys that go on opening values whatever keyring is adopted later. They encrypt nothing. */
  keep(keys: Keyring): void {
    const { kept } = this.unsealed();
    this.keys = { ...this.unsealed(), kept: kept === undefined ? keys : keys.withTermsOf(kept) };
  }

  /** Drops the keys: native memory is wiped as it is freed. */
  seal(): void {
    this.keys = undefined;
  }

  /** Takes a stored `core/keyring-kept` into use. @throws `corrupt` */
  keepStored(value: Buffer): void {
    this.keep(Keyring.open(this.rootKey, value));
  }

  private termOf(keyId: string): KeyringTerm | undefined {
    const { ring, kept } = this.unsealed();
    return ring.find(keyId) ?? kept?.find(keyId);
  }

  /** Random nonces, drawn many at a time: one call to the generator costs more than the encryption. */
  private nextNonce(): Buffer {
    if (this.nonces.length === 0) this.nonces = this.random.bytes(NONCE_BYTES * NONCES_PER_DRAW);
    const nonce = this.nonces.subarray(0, NONCE_BYTES);
    this.nonces = this.nonces.subarray(NONCE_BYTES);
    return nonce;
  }

  private unsealed(): { readonly root: SecretKey; readonly ring: Keyring; readonly kept?: Keyring | undefined } {
    if (this.keys === undefined) throw new ServerError("sealed");
    return this.keys;
  }
}
