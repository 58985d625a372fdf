import { ByteReader, ByteWriter } from "../sdk/binary";
import { exportSecretKey, hkdfSha256, openAead, type SecretKey, takeSecretKey } from "../sdk/crypto";
import { authenticatedPath } from "../sdk/key-layout";
import type { Random } from "../sdk/random";
import { corruptRecord } from "../sdk/record";
import { ROOT_KEY_ID, sealValue, valueHeader, valueKeyId, valueSealed } from "./sealed-value";

/** Class `replicated`, sealed under the root key: how the keyring reaches the other clusters of the set. */
export const KEYRING_KEY = "core/keyring";

/** Class `node` and sometimes `local`, sealed under the root key: keys of this cluster that a later keyring may lack. */
export const KEPT_KEYRING_KEY = "core/keyring-kept";

export interface KeyringTerm {
  /** 8 random bytes as 16 hex digits: two clusters that part may both make a key without a clash. */
  readonly id: string;
  readonly key: SecretKey;
  /** `valueHeader(id)`. */
  readonly header: Buffer;
  readonly installedAtMilliseconds: number;
}

const VERSION = 1;
const KEY_BYTES = 32;
const ID_BYTES = 8;
const PATH = Buffer.from(authenticatedPath("replicated", KEYRING_KEY));

/** The encryption keys of a set, newest last, and the key that the log and the index derive theirs from. Immutable. */
export class Keyring {
  private readonly byId: ReadonlyMap<string, KeyringTerm>;
  readonly active: KeyringTerm;

  private constructor(
    private readonly indexKey: SecretKey,
    readonly terms: readonly KeyringTerm[],
  ) {
    const active = terms[terms.length - 1];
    if (active === undefined) throw corruptRecord(KEYRING_KEY);
    this.active = active;
    this.byId = new Map(terms.map((term) => [term.id, term]));
  }

  static create(random: Random, nowMilliseconds: number): Keyring {
    return new Keyring(takeSecretKey(random.bytes(KEY_BYTES)), [newTerm(random, nowMilliseconds)]);
  }

  withNewTerm(random: Random, nowMilliseconds: number): Keyring {
    return new Keyring(this.indexKey, [...this.terms, newTerm(random, nowMilliseconds)]);
  }

  /** With the other keyring's keys in front, as far as they are not here: only these ones' last encrypts. */
  withTermsOf(other: Keyring): Keyring {
    const missing = other.terms.filter((term) => !this.byId.has(term.id));
    return missing.length === 0 ? this : new Keyring(this.indexKey, [...missing, ...this.terms]);
  }

  find(id: string): KeyringTerm | undefined {
    return this.byId.get(id);
  }

  /** Keys of the log and the index: never change within a set. */
  logKeys(): { readonly index: SecretKey; readonly record: SecretKey } {
    return { index: this.derive("meridian index elements"), record: this.derive("meridian log records") };
  }

  /** The stored value of `core/keyring`. */
  sealedUnder(rootKey: SecretKey, random: Random): Buffer {
    const writer = new ByteWriter(128 + this.terms.length * 64).byte(VERSION);
    this.writeSecret(writer, this.indexKey);
    writer.uint32(this.terms.length);
    for (const { id, key, installedAtMilliseconds } of this.terms) {
      writer.raw(Buffer.from(id, "hex")).integer(installedAtMilliseconds);
      this.writeSecret(writer, key);
    }
    const sealed = sealValue(rootKey, valueHeader(ROOT_KEY_ID), random.bytes(12), writer.finish(), PATH);
    writer.wipe();
    return sealed;
  }

  /** @throws `corrupt` when it is not a keyring of this root key */
  static open(rootKey: SecretKey, value: Buffer): Keyring {
    const plaintext = valueKeyId(value) === ROOT_KEY_ID ? openAead(rootKey, valueSealed(value), PATH) : undefined;
    if (plaintext === undefined) throw corruptRecord(authenticatedPath("replicated", KEYRING_KEY));
    try {
      const reader = new ByteReader(plaintext);
      if (reader.byte() !== VERSION) throw corruptRecord(KEYRING_KEY);
      const indexKey = takeSecretKey(reader.bytes());
      const terms = reader.list(() => {
        const id = reader.raw(ID_BYTES).toString("hex");
        const installedAtMilliseconds = reader.integer();
        return { id, header: valueHeader(id), installedAtMilliseconds, key: takeSecretKey(reader.bytes()) };
      });
      reader.end();
      return new Keyring(indexKey, terms);
    } finally {
      plaintext.fill(0);
    }
  }

  private derive(info: string): SecretKey {
    return takeSecretKey(hkdfSha256(this.indexKey, Buffer.alloc(0), info, KEY_BYTES));
  }

  private writeSecret(writer: ByteWriter, key: SecretKey): void {
    const bytes = exportSecretKey(key);
    writer.bytes(bytes);
    bytes.fill(0);
  }
}

function newTerm(random: Random, installedAtMilliseconds: number): KeyringTerm {
  const id = random.bytes(ID_BYTES).toString("hex");
  const key = takeSecretKey(random.bytes(KEY_BYTES));
  return { id, key, header: valueHeader(id), installedAtMilliseconds };
}
